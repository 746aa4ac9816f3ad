/** The recorder's own metrics: what is counted, and what each figure means. */
import { isOpen, type MaintenanceWindow } from "./maintenance";
import { Counter, type Family, Histogram, renderMetrics, type Sample } from "./metrics";
import { type Severity, severities } from "./severity";
import type { Change, State } from "./state";

/** Why a notification was refused. `unavailable`: it could not be written to the volume; Alertmanager tries again. */
export const refusals = ["unauthorized", "too_large", "malformed", "unavailable"] as const;
export type Refusal = (typeof refusals)[number];

/** Seconds. The targets are 2 s for the delivery of a p1 and 15 s for the detection of a failure. */
const bounds = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300];

export interface Gauges {
  /** When the last heartbeat came, milliseconds; null if none came yet. */
  readonly heartbeat: number | null;
  readonly alertmanagerUp: boolean;
  readonly journalUp: boolean;
  readonly residentBytes: number;
  readonly maintenance: MaintenanceWindow | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export class Telemetry {
  private readonly refused = new Counter<Refusal>("reason", refusals);
  private readonly incidents = new Counter<Severity>("severity", severities);
  private readonly announcements = new Counter<"sent" | "failed">("outcome", ["sent", "failed"]);
  private readonly detection = new Histogram(bounds);
  private readonly delivery = new Map(severities.map((severity) => [severity, new Histogram(bounds)]));

  constructor(
    private readonly revision: string,
    private readonly started: number,
  ) {}

  refuse(reason: Refusal): void {
    this.refused.add(reason);
  }

  announced(outcome: "sent" | "failed"): void {
    this.announcements.add(outcome);
  }

  /** Counts what a change, which is in force from now on, brought. */
  changed(before: State, change: Change): void {
    for (const alert of change.alerts) {
      const known = before.alerts.get(alert.id);
      if (
        (known?.delivered ?? null) === null &&
        alert.delivered !== null &&
        !alert.everSuppressed &&
        alert.source === "alertmanager"
      )
        this.delivery.get(alert.severity)?.observe((alert.delivered - alert.startsAt) / 1000);
    }
    for (const incident of change.incidents) {
      const known = before.incidents.get(incident.id);
      if (known?.priority !== incident.priority) this.incidents.add(incident.priority);
      const opener = change.alerts.find((alert) => alert.id === incident.openedBy);
      if (!known && opener?.source === "alertmanager" && !opener.everSuppressed && opener.seen === incident.detected)
        this.detection.observe((incident.detected - opener.startsAt) / 1000);
    }
  }

  render(state: State, gauges: Gauges): string {
    const open = [...state.incidents.values()].filter((incident) => incident.closed === null);
    const families: Family[] = [
      {
        name: "incident_open",
        type: "gauge",
        help: "Incidents that are open, by the most severe priority that their alerts had so far.",
        samples: severities.map((severity) => ({
          labels: { severity },
          value: open.filter((incident) => incident.priority === severity).length,
        })),
      },
      {
        name: "incident_total",
        type: "counter",
        help: "Incidents that reached a priority since the recorder started; one that rises from p3 to p1 counts under both.",
        samples: this.incidents.samples(),
      },
      {
        name: "incident_detection_seconds",
        type: "histogram",
        help: "From when the first alert of an incident began to fire (startsAt) until the recorder knew of it, by a notification or by asking Alertmanager. Without alerts that were suppressed before.",
        samples: this.detection.samples(),
      },
      {
        name: "alert_delivery_seconds",
        type: "histogram",
        help: "From when an alert began to fire (startsAt) until the first notification of it arrived here. Without alerts that were suppressed before.",
        samples: [...this.delivery].flatMap(([severity, histogram]) => histogram.samples({ severity })),
      },
      {
        name: "incident_heartbeat_timestamp_seconds",
        type: "gauge",
        help: "When the last notification of Watchdog arrived. Absent until the first one since the recorder started.",
        samples: gauges.heartbeat === null ? [] : [{ value: gauges.heartbeat / 1000 }],
      },
      {
        name: "incident_alertmanager_up",
        type: "gauge",
        help: "1 if Alertmanager answered when it was last asked for its alerts.",
        samples: [{ value: gauges.alertmanagerUp ? 1 : 0 }],
      },
      {
        name: "incident_journal_up",
        type: "gauge",
        help: "1 if all that is known is on the volume; 0 while it cannot be written.",
        samples: [{ value: gauges.journalUp ? 1 : 0 }],
      },
      {
        name: "maintenance_active",
        type: "gauge",
        help: "1 while the planned maintenance window is open, else 0; without labels if none is planned. Alerts are muted and error budgets masked by it.",
        samples: maintenanceSamples(gauges),
      },
      {
        name: "incident_webhook_refused_total",
        type: "counter",
        help: "Notifications that were refused.",
        samples: this.refused.samples(),
      },
      {
        name: "incident_announcement_total",
        type: "counter",
        help: "Attempts to tell a receiver that the monitoring is silent, or no longer.",
        samples: this.announcements.samples(),
      },
      {
        name: "incident_build_info",
        type: "gauge",
        help: "1; the labels say what runs.",
        samples: [{ labels: { revision: this.revision, node: process.versions.node }, value: 1 }],
      },
      {
        name: "process_start_time_seconds",
        type: "gauge",
        help: "When the recorder started.",
        samples: [{ value: this.started / 1000 }],
      },
      {
        name: "process_resident_memory_bytes",
        type: "gauge",
        help: "Resident memory.",
        samples: [{ value: gauges.residentBytes }],
      },
    ];
    return renderMetrics(families);
  }
}

/** Always one series, so that whoever reads it can tell "no" from "not known". */
function maintenanceSamples({ maintenance, now }: Gauges): Sample[] {
  if (!maintenance) return [{ value: 0 }];
  const { what, why } = maintenance;
  return [{ labels: { what, why }, value: isOpen(maintenance, now) ? 1 : 0 }];
}
