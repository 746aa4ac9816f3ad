/** The monitoring itself: can one believe the other dashboards? */
import * as units from "@grafana/grafana-foundation-sdk/units";
import { heartbeatLimit } from "../alertmanager";
import {
  configurationLoaded,
  historyAge,
  maintenance,
  pushAge,
  ruleFailureCount,
  undelivered,
  unsent,
} from "../alerts/monitoring";
import { headSeries, incidentHeartbeat, storedBytes, up } from "../metrics";
import { promql } from "../promql";
import { thresholds } from "../thresholds";
import { above, anyIsBad, type Dashboard, half, third, upDown } from "./view";

export const monitoring: Dashboard<"monitoring"> = {
  name: "monitoring",
  title: "The monitoring itself",
  description: "Whether everything is asked, every rule computed and every notification delivered.",
  views: {
    targets: {
      kind: "state-timeline",
      size: [24, 12],
      unit: units.NoUnit,
      states: upDown,
      queries: [{ expr: promql`min by (job, instance) (${up})`, legend: "{{job}} {{instance}}" }],
      description:
        "Whether Prometheus got an answer from each target. A red one leaves panels empty and alerts blind, even if the service itself works.",
    },
    rules: {
      kind: "timeseries",
      size: third,
      unit: units.Short,
      min: 0,
      thresholds: anyIsBad(),
      queries: [{ expr: ruleFailureCount, legend: "{{rule_group}}" }],
      description: "Evaluations of rules that failed within 5 minutes. An alert that is not evaluated never fires.",
    },
    reloads: {
      kind: "state-timeline",
      size: third,
      unit: units.NoUnit,
      states: { 0: { text: "refused", color: "red" }, 1: { text: "in force", color: "green" } },
      queries: [{ expr: configurationLoaded, legend: "{{job}}" }],
      description: "Whether the configuration that was delivered last is the one that runs.",
    },
    notifications: {
      kind: "timeseries",
      size: third,
      unit: units.Short,
      min: 0,
      thresholds: anyIsBad(),
      queries: [
        { expr: undelivered, legend: "given up: {{integration}}" },
        { expr: unsent, legend: "not handed to Alertmanager" },
      ],
      description:
        "Notifications that Alertmanager gave up within 5 minutes, and alerts that Prometheus could not hand over within 2.",
    },
    pushes: {
      kind: "timeseries",
      size: half,
      unit: units.Seconds,
      min: 0,
      thresholds: above(thresholds.pushAge.seconds),
      empty: "nothing was pushed yet",
      queries: [{ expr: pushAge, legend: "{{push_job}}" }],
      description:
        "Time since each job last reported to the Pushgateway. Saw teeth are normal; a line that climbs on is a job that stopped.",
    },
    storage: {
      kind: "timeseries",
      size: half,
      unit: units.Short,
      min: 0,
      queries: [
        { expr: promql`max by (instance) (${headSeries})`, legend: "series" },
        { expr: promql`max by (instance) (${storedBytes})`, legend: "on disk", unit: units.BytesIEC },
        // Before there is a sample, the oldest one is in the distant future.
        { expr: promql`clamp_min(${historyAge}, 0)`, legend: "looks back", unit: units.Seconds },
      ],
      description: `Series that Prometheus keeps in memory, what it holds on disk, and how far back that reaches. Objectives need ${thresholds.history.toPromql()}.`,
    },
    heartbeat: {
      kind: "stat",
      size: [24, 4],
      unit: units.Seconds,
      decimals: 0,
      // The incident recorder waits as long (components/IncidentRecorder.ts).
      thresholds: above(heartbeatLimit.seconds),
      queries: [
        {
          expr: promql`time() - max(${incidentHeartbeat})`,
          legend: "since the last heartbeat",
          eventOnly: "there is none until the first heartbeat after a start of the recorder",
        },
      ],
      description:
        "Seconds since the alert that always fires last reached the incident recorder. While it arrives, Prometheus, its rules and Alertmanager work; when it stops, the recorder itself raises a P1.",
    },
    maintenance: {
      kind: "state-timeline",
      size: [24, 5],
      unit: units.NoUnit,
      states: { 0: { text: "closed", color: "green" }, 1: { text: "open", color: "blue" } },
      queries: [{ expr: maintenance, legend: "window {{what}} {{why}}" }],
      description:
        "Whether the maintenance window of the settings is open. Meanwhile alerts are muted and error budgets are not spent.",
    },
  },
};
