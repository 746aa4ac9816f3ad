/** Everything that is remembered, and the one way in which it changes. */
import type { AlertFacts, Suppression } from "./alerts";
import type { Severity } from "./severity";

/** One stretch of time in which an alert fired. Times are milliseconds since 1970, by the recorder's clock unless said. */
export interface AlertRecord extends AlertFacts {
  /** `fingerprint@startsAt`: the same alert firing again is another record. */
  readonly id: string;
  /** When the recorder knew of it, by a notification or because it asked. */
  readonly seen: number;
  /** When the first notification that it fires came; null if none ever did. */
  readonly delivered: number | null;
  /** When it ended, by Alertmanager's clock if it said so; null while it fires. */
  readonly resolved: number | null;
  /** How the end became known. `refired`: the next stretch began without the end of this one having been told. */
  readonly resolvedBy: "notification" | "poll" | "refired" | "recorder" | null;
  /** Why nobody is notified of it at the moment. */
  readonly suppressed: Suppression | null;
  /** It was suppressed at some time. Its delays then say nothing about the speed of the monitoring. */
  readonly everSuppressed: boolean;
  /** It was not suppressed at some time: only then it opens an incident, keeps it open and sets its priority. */
  readonly counts: boolean;
  /** The incident it belongs to. */
  readonly incident: string | null;
  /** `recorder`: made here, because the monitoring was silent. */
  readonly source: "alertmanager" | "recorder";
}

/** Alerts that fired together. */
export interface IncidentRecord {
  readonly id: string;
  /** The most severe of its alerts, ever. */
  readonly priority: Severity;
  /** When its first alert began to fire. */
  readonly opened: number;
  /** When the recorder knew. */
  readonly detected: number;
  /** The alert that opened it. */
  readonly openedBy: string;
  /** When its last alert ended; null while one fires. */
  readonly closed: number | null;
  /** When the recorder knew of that end: the quiet time is counted from here. */
  readonly settled: number | null;
  /** How often it came back within the quiet time. */
  readonly reopened: number;
}

export interface State {
  readonly alerts: ReadonlyMap<string, AlertRecord>;
  readonly incidents: ReadonlyMap<string, IncidentRecord>;
}

/** Records as they are from now on, and ids of records that are given up. This is what the journal keeps, one a line. */
export interface Change {
  readonly alerts: readonly AlertRecord[];
  readonly incidents: readonly IncidentRecord[];
  readonly forgottenAlerts?: readonly string[];
  readonly forgottenIncidents?: readonly string[];
}

export const emptyState: State = { alerts: new Map(), incidents: new Map() };

export function isEmpty(change: Change): boolean {
  return (
    change.alerts.length + change.incidents.length === 0 &&
    (change.forgottenAlerts?.length ?? 0) + (change.forgottenIncidents?.length ?? 0) === 0
  );
}

/** The state after a change; the one before is left as it was. */
export function applyChange(state: State, change: Change): State {
  const next = copyState(state);
  applyInPlace(next, change);
  return next;
}

/** A state that only its maker has, and may change: copying all of it for each of many changes would take long. */
export interface MutableState extends State {
  readonly alerts: Map<string, AlertRecord>;
  readonly incidents: Map<string, IncidentRecord>;
}

export function copyState(state: State): MutableState {
  return { alerts: new Map(state.alerts), incidents: new Map(state.incidents) };
}

export function applyInPlace(state: MutableState, change: Change): void {
  for (const alert of change.alerts) state.alerts.set(alert.id, alert);
  for (const incident of change.incidents) state.incidents.set(incident.id, incident);
  for (const id of change.forgottenAlerts ?? []) state.alerts.delete(id);
  for (const id of change.forgottenIncidents ?? []) state.incidents.delete(id);
}

/** One change that does what two do one after the other. */
export function mergeChanges(first: Change, second: Change): Change {
  const alerts = merge(first.alerts, first.forgottenAlerts, second.alerts, second.forgottenAlerts);
  const incidents = merge(first.incidents, first.forgottenIncidents, second.incidents, second.forgottenIncidents);
  return {
    alerts: alerts.records,
    forgottenAlerts: alerts.forgotten,
    incidents: incidents.records,
    forgottenIncidents: incidents.forgotten,
  };
}

function merge<T extends { readonly id: string }>(
  first: readonly T[],
  firstForgotten: readonly string[] = [],
  second: readonly T[],
  secondForgotten: readonly string[] = [],
): { readonly records: readonly T[]; readonly forgotten: readonly string[] } {
  const records = new Map([...first, ...second].map((record) => [record.id, record]));
  for (const id of secondForgotten) records.delete(id);
  const forgotten = new Set([...firstForgotten, ...secondForgotten]);
  for (const { id } of second) if (records.has(id)) forgotten.delete(id);
  return { records: [...records.values()], forgotten: [...forgotten] };
}

/** The incident that opened last; there is never more than one open. */
export function latestIncident(state: State): IncidentRecord | undefined {
  let latest: IncidentRecord | undefined;
  for (const incident of state.incidents.values())
    if (!latest || incident.detected >= latest.detected) latest = incident;
  return latest;
}

export function alertsOf(state: State, incident: string): AlertRecord[] {
  return [...state.alerts.values()].filter((alert) => alert.incident === incident).sort((a, b) => a.seen - b.seen);
}

/** Newest first. */
export function newestIncidents(state: State): IncidentRecord[] {
  return [...state.incidents.values()].sort((a, b) => b.detected - a.detected);
}

/** Newest first. */
export function newestAlerts(state: State): AlertRecord[] {
  return [...state.alerts.values()].sort((a, b) => b.seen - a.seen);
}
