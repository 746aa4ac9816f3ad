/** One screen for a wall: is everything well? Big numbers, readable from the door; what needs words is in a dashboard. */
import * as units from "@grafana/grafana-foundation-sdk/units";
import { latencyP95 } from "../alerts/api";
import { replicasInRotation, replicasInRotationRatio } from "../alerts/haproxy";
import { heartbeatName } from "../alerts/heartbeat";
import { sloBudgetLeft } from "../alerts/slo";
import { alertsSeries, frontendRequests, incidentOpen } from "../metrics";
import { matching, not, promql } from "../promql";
import { thresholds } from "../thresholds";
import { minutes } from "../units";
import { shareOf5xx } from "./red";
import { budgetSteps } from "./slo";
import { above, anyIsBad, type Dashboard, type Extent, upTo } from "./view";

const quarter: Extent = [6, 6];
const wide: Extent = [12, 6];

/** What fires, but for the heartbeat, which always does. */
const firing = promql`max by (severity, alertname, service) (${alertsSeries.where({
  alertstate: "firing",
  alertname: not(heartbeatName),
})})`;

export const overview: Dashboard<"overview"> = {
  name: "overview",
  title: "Overview",
  description: "The whole system on one screen, without scrolling. Green is well.",
  views: {
    replicas: {
      kind: "stat",
      size: quarter,
      unit: units.PercentUnit,
      decimals: 0,
      thresholds: upTo(thresholds.replicasInRotation),
      queries: [
        { expr: replicasInRotationRatio, legend: "of all" },
        { expr: replicasInRotation, legend: "replicas", unit: units.Short },
      ],
      description: "Replicas to which HAProxy sends patients.",
    },
    rate: {
      kind: "stat",
      size: quarter,
      unit: units.RequestsPerSecond,
      decimals: 1,
      queries: [
        {
          expr: promql`sum(rate(${frontendRequests.where({ proxy: matching("public|internal") }).over(minutes(1))}))`,
          legend: "requests",
        },
      ],
      description: "Requests per second at the entry.",
    },
    errors: {
      kind: "stat",
      size: quarter,
      unit: units.PercentUnit,
      decimals: 2,
      thresholds: above(thresholds.errorRatio),
      queries: [{ expr: shareOf5xx, legend: "5xx" }],
      description: `Share of patients' requests that failed within ${thresholds.errorWindow.toPromql()}.`,
    },
    latency: {
      kind: "stat",
      size: quarter,
      unit: units.Seconds,
      thresholds: above(thresholds.latency.seconds),
      empty: "no requests",
      queries: [{ expr: latencyP95, legend: "p95", eventOnly: "there is none before the first patient's request" }],
      description: "Time that 95 % of patients' requests do not exceed.",
    },
    budgets: {
      kind: "stat",
      size: wide,
      unit: units.PercentUnit,
      decimals: 1,
      thresholds: budgetSteps,
      queries: [{ expr: promql`${sloBudgetLeft}`, legend: "{{slo}}" }],
      description: "What is left of what may go wrong within 30 days.",
    },
    incidents: {
      kind: "stat",
      size: wide,
      unit: units.Short,
      decimals: 0,
      thresholds: anyIsBad(),
      queries: [{ expr: promql`max by (severity) (${incidentOpen})`, legend: "{{severity}}" }],
      description:
        "Incidents that are open, by priority, as the incident recorder counts them; its status page tells more.",
    },
    firing: {
      kind: "table",
      size: [24, 8],
      unit: units.NoUnit,
      empty: "No alert fires",
      states: {
        p1: { text: "P1", color: "red" },
        p2: { text: "P2", color: "orange" },
        p3: { text: "P3", color: "yellow" },
        p4: { text: "P4", color: "blue" },
      },
      columns: { severity: "Priority", alertname: "Alert", service: "Service" },
      queries: [{ expr: firing, legend: "{{alertname}}" }],
      description:
        "Alerts that fire, the most severe first. Each has its page in runbooks/, named <priority>_<alert>.md.",
    },
  },
};
