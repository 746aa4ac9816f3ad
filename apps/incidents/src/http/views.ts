/** Records as the API shows them: moments in ISO 8601 UTC, durations in seconds. */
import { type AlertRecord, alertsOf, type IncidentRecord, type State } from "../state";

const iso = (time: number): string => new Date(time).toISOString();
const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));

export function alertView(alert: AlertRecord): object {
  return {
    id: alert.id,
    fingerprint: alert.fingerprint,
    name: alert.name,
    severity: alert.severity,
    service: alert.service,
    state: alert.resolved !== null ? "resolved" : alert.suppressed !== null ? "suppressed" : "firing",
    labels: alert.labels,
    summary: alert.summary,
    runbook: alert.runbook,
    firstFired: iso(alert.startsAt),
    seen: iso(alert.seen),
    delivered: isoOrNull(alert.delivered),
    resolved: isoOrNull(alert.resolved),
    resolvedBy: alert.resolvedBy,
    suppressed: alert.suppressed,
    everSuppressed: alert.everSuppressed,
    incident: alert.incident,
    source: alert.source,
  };
}

export function incidentView(state: State, incident: IncidentRecord): object {
  const { id, priority, opened, detected, openedBy, closed, reopened } = incident;
  return {
    id,
    priority,
    open: closed === null,
    opened: iso(opened),
    detected: iso(detected),
    detectionSeconds: (detected - opened) / 1000,
    closed: isoOrNull(closed),
    durationSeconds: closed === null ? null : (closed - opened) / 1000,
    reopened,
    openedBy,
    alerts: alertsOf(state, id).map(alertView),
  };
}
