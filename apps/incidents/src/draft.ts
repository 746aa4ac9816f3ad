/** Several decisions that take effect together: each sees what those before it decided, and all of them are one change. */
import { worse } from "./severity";
import {
  type AlertRecord,
  alertsOf,
  type Change,
  copyState,
  type IncidentRecord,
  latestIncident,
  type MutableState,
  type State,
} from "./state";

export interface GroupingPolicy {
  /** An alert this soon after the end of an incident belongs to it. Milliseconds. */
  readonly quiet: number;
}

export class Draft {
  private readonly alerts = new Map<string, AlertRecord>();
  private readonly incidents = new Map<string, IncidentRecord>();
  private readonly current: MutableState;

  constructor(
    state: State,
    private readonly now: number,
    private readonly policy: GroupingPolicy,
  ) {
    this.current = copyState(state);
  }

  get state(): State {
    return this.current;
  }

  change(): Change {
    return { alerts: [...this.alerts.values()], incidents: [...this.incidents.values()] };
  }

  /** Takes over the alert as it is now, and what this means for the incident. */
  put(alert: AlertRecord): void {
    const fires = alert.resolved === null;
    const placed = fires ? this.place(alert) : alert;
    this.alerts.set(placed.id, placed);
    this.current.alerts.set(placed.id, placed);
    if (!fires && placed.incident) this.closeIfOver(placed.incident);
  }

  /** Which incident an alert that fires belongs to. */
  private place(alert: AlertRecord): AlertRecord {
    const latest = latestIncident(this.current);
    const open = latest && latest.closed === null ? latest : undefined;
    if (!alert.counts) return alert.incident === null && open ? { ...alert, incident: open.id } : alert;

    if (open) {
      const priority = worse(open.priority, alert.severity);
      if (priority !== open.priority) this.putIncident({ ...open, priority });
      return { ...alert, incident: open.id };
    }
    if (latest && latest.settled !== null && this.now - latest.settled <= this.policy.quiet) {
      this.putIncident({
        ...latest,
        priority: worse(latest.priority, alert.severity),
        closed: null,
        settled: null,
        reopened: latest.reopened + 1,
      });
      return { ...alert, incident: latest.id };
    }
    // What was suppressed until now, or was thought to be over, began for people only now.
    const opened = alert.everSuppressed || alert.seen !== this.now ? this.now : Math.min(alert.startsAt, this.now);
    const id = this.newId();
    this.putIncident({
      id,
      priority: alert.severity,
      opened,
      detected: this.now,
      openedBy: alert.id,
      closed: null,
      settled: null,
      reopened: 0,
    });
    return { ...alert, incident: id };
  }

  private closeIfOver(id: string): void {
    const incident = this.current.incidents.get(id);
    if (!incident || incident.closed !== null) return;
    let closed = incident.opened;
    for (const alert of alertsOf(this.current, id)) {
      if (!alert.counts) continue;
      if (alert.resolved === null) return;
      closed = Math.max(closed, alert.resolved);
    }
    this.putIncident({ ...incident, closed, settled: this.now });
  }

  private putIncident(incident: IncidentRecord): void {
    this.incidents.set(incident.id, incident);
    this.current.incidents.set(incident.id, incident);
  }

  /** `20261125T042233Z`, when it was detected; a second one within a second gets a number. */
  private newId(): string {
    const base = new Date(this.now).toISOString().replace(/[-:]|\.\d+/g, "");
    let id = base;
    for (let next = 2; this.current.incidents.has(id); next++) id = `${base}-${next}`;
    return id;
  }
}
