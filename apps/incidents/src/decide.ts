/** What a notification or an answer of Alertmanager means for what is remembered. Pure: the time is told. */
import type { AlertFacts, Notice, PolledAlert } from "./alerts";
import { Draft, type GroupingPolicy } from "./draft";
import { maintenanceAlert } from "./maintenance";
import type { AlertRecord, Change, State } from "./state";

export interface Policy extends GroupingPolicy {
  /**
   * An alert that Alertmanager no longer has for this long is over. Milliseconds. Longer than the minute after which
   * Prometheus repeats what fires, since an Alertmanager that was restarted knows of nothing until then.
   */
  readonly vanish: number;
}

/** The heartbeat's alert. It always fires, and is never part of an incident. */
export const watchdog = "Watchdog";

/** Whether it is part of an incident when nobody mutes it: planned work is kept for the record, and is none. */
const isTrouble = (facts: AlertFacts): boolean => facts.name !== maintenanceAlert;

/** What the alerts of one notification change. */
export function decideNotices(state: State, notices: readonly Notice[], now: number, policy: Policy): Change {
  const draft = new Draft(state, now, policy);
  for (const notice of notices) {
    if (notice.name === watchdog) continue;
    if (notice.status === "firing") fire(draft, notice, now);
    else resolve(draft, notice, now);
  }
  return draft.change();
}

function fire(draft: Draft, notice: Notice, now: number): void {
  const open = openRecord(draft.state, notice.fingerprint);
  const counts = isTrouble(notice);
  if (open && notice.startsAt <= open.startsAt) {
    // A repetition, or the first notification of what asking Alertmanager had shown before.
    if (open.delivered !== null && open.counts === counts && open.suppressed === null) return;
    draft.put({ ...open, delivered: open.delivered ?? now, counts, suppressed: null });
    return;
  }
  if (open) draft.put(ended(open, Math.min(notice.startsAt, now), "refired"));
  const known = draft.state.alerts.get(recordId(notice));
  if (known) {
    if (isGuess(known)) draft.put({ ...reopened(known), delivered: known.delivered ?? now, counts });
    // Else out of order: this stretch is over.
    return;
  }
  draft.put({ ...newRecord(notice, now), delivered: now, counts });
}

function resolve(draft: Draft, notice: Notice, now: number): void {
  const open = openRecord(draft.state, notice.fingerprint);
  const end = notice.endsAt ?? now;
  if (open && notice.startsAt >= open.startsAt) draft.put(ended(open, Math.max(end, open.startsAt), "notification"));
  else if (open && end >= open.startsAt) draft.put(ended(open, end, "notification"));
  else if (!open && !hasRecord(draft.state, notice)) {
    // That it fired was never told (the recorder was away): kept for the record, with no word on any delay.
    draft.put({ ...newRecord(notice, now), resolved: end, resolvedBy: "notification" });
  }
}

/** Since when alerts that are thought to fire are missing in Alertmanager's answers: record's id to milliseconds. */
export type Missing = ReadonlyMap<string, number>;

/** What an answer of Alertmanager changes: suppressed alerts, which are never notified, and ends that were not told. */
export function decidePoll(
  state: State,
  polled: readonly PolledAlert[],
  missing: Missing,
  now: number,
  policy: Policy,
): { readonly change: Change; readonly missing: Missing } {
  const draft = new Draft(state, now, policy);
  const present = new Set(polled.map((alert) => alert.fingerprint));
  const stillMissing = new Map<string, number>();
  for (const record of state.alerts.values()) {
    if (record.resolved !== null || record.source === "recorder" || present.has(record.fingerprint)) continue;
    const since = missing.get(record.id) ?? now;
    if (now - since >= policy.vanish) draft.put(ended(record, Math.max(since, record.startsAt), "poll"));
    else stillMissing.set(record.id, since);
  }
  for (const alert of polled) if (alert.name !== watchdog) observe(draft, alert, now);
  return { change: draft.change(), missing: stillMissing };
}

function observe(draft: Draft, alert: PolledAlert, now: number): void {
  let open = openRecord(draft.state, alert.fingerprint);
  if (open && alert.startsAt > open.startsAt) {
    draft.put(ended(open, Math.min(alert.startsAt, now), "refired"));
    open = undefined;
  }
  const { suppressed } = alert;
  const active = suppressed === null && isTrouble(alert);
  if (open) {
    const counts = open.counts || active;
    if (open.suppressed === suppressed && open.counts === counts) return;
    draft.put({ ...open, suppressed, counts, everSuppressed: open.everSuppressed || suppressed !== null });
    return;
  }
  const known = draft.state.alerts.get(recordId(alert));
  // An end that was notified while Alertmanager was answering stands.
  if (known && !isGuess(known)) return;
  const record = known ? reopened(known) : newRecord(alert, now);
  const everSuppressed = record.everSuppressed || suppressed !== null;
  draft.put({ ...record, suppressed, everSuppressed, counts: record.counts || active });
}

export const monitoringSilent = "MonitoringSilent";

/** The heartbeat stopped: the recorder's own p1. Nothing changes if it fires already. */
export function decideSilence(state: State, facts: AlertFacts, now: number, policy: Policy): Change {
  const draft = new Draft(state, now, policy);
  if (!openRecord(state, facts.fingerprint))
    draft.put({ ...newRecord(facts, now), source: "recorder", delivered: now, counts: true });
  return draft.change();
}

/** The heartbeat is back. */
export function decideHeartbeatBack(state: State, fingerprint: string, now: number, policy: Policy): Change {
  const draft = new Draft(state, now, policy);
  const open = openRecord(state, fingerprint);
  if (open) draft.put(ended(open, Math.max(now, open.startsAt), "recorder"));
  return draft.change();
}

/** The stretch of an alert that is not over; there is at most one. */
export function openRecord(state: State, fingerprint: string): AlertRecord | undefined {
  for (const alert of state.alerts.values())
    if (alert.fingerprint === fingerprint && alert.resolved === null) return alert;
  return undefined;
}

const recordId = (facts: AlertFacts): string => `${facts.fingerprint}@${facts.startsAt}`;

const ended = (record: AlertRecord, resolved: number, resolvedBy: AlertRecord["resolvedBy"]): AlertRecord => ({
  ...record,
  resolved,
  resolvedBy,
  suppressed: null,
});

/** Its end was concluded, not told: if it is said to fire, it does. */
const isGuess = (record: AlertRecord): boolean => record.resolvedBy === "poll" || record.resolvedBy === "refired";
const reopened = (record: AlertRecord): AlertRecord => ({ ...record, resolved: null, resolvedBy: null });

/** The end of this stretch is known already, be it that Alertmanager moved its beginning back when it merged. */
function hasRecord(state: State, notice: Notice): boolean {
  for (const alert of state.alerts.values())
    if (alert.fingerprint === notice.fingerprint && alert.resolved !== null && alert.resolved >= notice.startsAt)
      return true;
  return false;
}

function newRecord(facts: AlertFacts, now: number): AlertRecord {
  const { fingerprint, name, severity, service, labels, summary, runbook, startsAt } = facts;
  return {
    id: recordId(facts),
    ...{ fingerprint, name, severity, service, labels, summary, runbook, startsAt },
    seen: now,
    delivered: null,
    resolved: null,
    resolvedBy: null,
    suppressed: null,
    everSuppressed: false,
    counts: false,
    incident: null,
    source: "alertmanager",
  };
}
