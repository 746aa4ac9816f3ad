/** What is old enough to be forgotten. */
import type { Change, State } from "./state";

export interface Retention {
  /** How long ago something ended, milliseconds. */
  readonly age: number;
  /** Alerts at most; those that fire are never forgotten. */
  readonly alerts: number;
}

/** The records to forget: whole incidents, oldest first, and alerts that belong to none. */
export function decideForgotten(state: State, now: number, retention: Retention): Change {
  // Units that go together: an incident that is over with its alerts, or an alert of no incident.
  const units = new Map<string, { ended: number; alerts: string[]; incident: string | null }>();
  for (const incident of state.incidents.values())
    if (incident.closed !== null) units.set(incident.id, { ended: incident.closed, alerts: [], incident: incident.id });
  for (const alert of state.alerts.values()) {
    const unit = alert.incident ? units.get(alert.incident) : undefined;
    if (unit) {
      unit.alerts.push(alert.id);
      // A suppressed alert may outlive the incident it was found in.
      unit.ended = Math.max(unit.ended, alert.resolved ?? Number.POSITIVE_INFINITY);
    } else if (alert.resolved !== null && !(alert.incident && state.incidents.has(alert.incident)))
      units.set(`alert ${alert.id}`, { ended: alert.resolved, alerts: [alert.id], incident: null });
  }
  const forgottenAlerts: string[] = [];
  const forgottenIncidents: string[] = [];
  const oldestFirst = [...units.values()]
    .filter((unit) => unit.ended < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.ended - b.ended);
  for (const unit of oldestFirst) {
    const tooMany = state.alerts.size - forgottenAlerts.length > retention.alerts;
    if (!tooMany && now - unit.ended <= retention.age) break;
    forgottenAlerts.push(...unit.alerts);
    if (unit.incident) forgottenIncidents.push(unit.incident);
  }
  return { alerts: [], incidents: [], forgottenAlerts, forgottenIncidents };
}
