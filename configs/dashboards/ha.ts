/** Availability: does HAProxy find somebody to answer, and do patients get through? A replica is a line by its label. */
import * as units from "@grafana/grafana-foundation-sdk/units";
import { replicaInRotation } from "../alerts/api";
import { haproxyErrorRatio, replicasInRotation, replicasInRotationRatio, waitingRequests } from "../alerts/haproxy";
import { patients as proxy } from "../haproxy";
import {
  backendResponses,
  frontendRequests,
  nginxUp,
  probeSuccess,
  serverConnectionErrors,
  serverResponseErrors,
  serverResponses,
  serverRetries,
  up,
} from "../metrics";
import { matching, promql } from "../promql";
import { thresholds } from "../thresholds";
import { minutes } from "../units";
import { above, anyIsBad, type Dashboard, half, third, upDown, upTo } from "./view";

const recent = minutes(1);
/** As long as the errors' share, so that both tell of the same. */
const errorsOver = minutes(2);

/** Requests per second at HAProxy, by the door that they came through. */
const entryRate = promql`sum by (proxy) (rate(${frontendRequests.where({ proxy: matching("public|internal") }).over(recent)}))`;
/** Those of patients alone. */
const patientRate = promql`sum(rate(${backendResponses.where({ proxy }).over(recent)}))`;

export const ha: Dashboard<"ha"> = {
  name: "ha",
  title: "High availability",
  description: "The replicas behind HAProxy, the requests before it, and the entrances as patients see them.",
  views: {
    activeBackends: {
      row: "Replicas",
      kind: "timeseries",
      size: third,
      unit: units.PercentUnit,
      min: 0,
      max: 1,
      thresholds: upTo(thresholds.replicasInRotation),
      queries: [
        { expr: replicasInRotationRatio, legend: "of all" },
        { expr: replicasInRotation, legend: "replicas", unit: units.Short },
      ],
      description: `Replicas to which HAProxy sends patients, and their share of all. At ${thresholds.replicasInRotation * 100} % the next failure may be the last; at 0 nobody is served.`,
    },
    replicaHealth: {
      kind: "state-timeline",
      size: [16, 8],
      unit: units.NoUnit,
      states: upDown,
      queries: [{ expr: replicaInRotation, legend: "{{server}}" }],
      description:
        "Each replica, as HAProxy's checks found it. Red ones get no requests. Short red parts one after the other are a rolling update.",
    },
    errorsByInstance: {
      kind: "timeseries",
      size: half,
      unit: units.RequestsPerSecond,
      min: 0,
      queries: [
        {
          expr: promql`sum by (server) (rate(${serverResponses.where({ proxy, code: "5xx" }).over(errorsOver)}))`,
          legend: "{{server}}",
        },
      ],
      description:
        "5xx per second that HAProxy got from each replica. If the API itself counts fewer, the replica broke off before it answered.",
    },
    serverErrors: {
      kind: "timeseries",
      size: half,
      unit: units.PercentUnit,
      min: 0,
      thresholds: above(thresholds.haproxyErrors),
      queries: [
        {
          expr: haproxyErrorRatio,
          legend: "of all requests",
          eventOnly: "there is no share while there are no requests",
        },
        {
          expr: promql`sum(rate(${serverConnectionErrors.where({ proxy }).over(errorsOver)}))`,
          legend: "not connected",
          unit: units.CountsPerSecond,
        },
        {
          expr: promql`sum(rate(${serverResponseErrors.where({ proxy }).over(errorsOver)}))`,
          legend: "broken off",
          unit: units.CountsPerSecond,
        },
        {
          expr: promql`sum(rate(${serverRetries.where({ proxy }).over(errorsOver)}))`,
          legend: "tried again",
          unit: units.CountsPerSecond,
        },
      ],
      description:
        "Attempts of HAProxy that failed or were repeated. Patients do not notice what another replica could answer; a plain above 0 says that one of them is about to fail.",
    },
    requestRate: {
      row: "Patients",
      kind: "timeseries",
      size: third,
      unit: units.RequestsPerSecond,
      min: 0,
      queries: [
        { expr: patientRate, legend: "patients" },
        { expr: entryRate, legend: "{{proxy}}" },
      ],
      description:
        "Requests per second at HAProxy: those of patients, and all of them by the door, with the platform's own checks: `public` is the published port, `internal` the one that the frontend uses.",
    },
    queue: {
      kind: "timeseries",
      size: third,
      unit: units.Short,
      min: 0,
      decimals: 0,
      thresholds: anyIsBad(),
      queries: [{ expr: waitingRequests, legend: "waiting" }],
      description:
        "Requests that wait because every replica has as many as it may. Normal is 0: each that waits is a patient who does.",
    },
    probes: {
      kind: "state-timeline",
      size: third,
      unit: units.NoUnit,
      states: upDown,
      queries: [
        { expr: promql`min by (probe) (${probeSuccess})`, legend: "{{probe}}" },
        { expr: promql`min by (job) (${up.where({ job: "haproxy" })})`, legend: "HAProxy's own metrics" },
        { expr: promql`min by (stack) (${nginxUp})`, legend: "Nginx's own metrics" },
      ],
      description:
        "Whether the entrances answer a program that asks as a patient would, every 5 seconds; below, whether HAProxy and Nginx themselves answer.",
    },
  },
};
