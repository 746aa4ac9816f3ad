/** What can go wrong with the API, as its clients and HAProxy see it. */
import { panels } from "../dashboards/panels";
import { patients as patientsBackend } from "../haproxy";
import { backendResponses, requestDuration, requests, serverStatus } from "../metrics";
import { matching, promql } from "../promql";
import { thresholds } from "../thresholds";
import { minutes, seconds } from "../units";
import { type Alert, alert, series } from "./alert";

/** Patients' requests, as the API counts them: neither the platform's own checks nor Alertmanager's webhook. */
export const patients = { endpoint: matching("/api/payment.*") };
const { errorWindow } = thresholds;

/** Share of patients' requests that the API answered with a 5xx; nothing while there are none. */
export const errorRatio = promql`sum(rate(${requests.where({ ...patients, status: matching("5..") }).over(errorWindow)}))
  / sum(rate(${requests.where(patients).over(errorWindow)}))`;

/** 95th percentile of the time that patients' requests take, seconds. */
export const latencyP95 = promql`histogram_quantile(0.95,
  sum by (le) (rate(${requestDuration.bucket.where(patients).over(errorWindow)})))`;

/** 1 for each replica to which HAProxy sends requests, else 0. */
export const replicaInRotation = promql`min by (server) (${serverStatus.where({ proxy: "api", state: "UP" })})`;

/** As HAProxy counts them: the probes go through another backend. */
const patientResponses = backendResponses.where({ proxy: patientsBackend });
const answeredByProxy = backendResponses.where({ proxy: patientsBackend, code: "2xx" });

const replica = (server: string, values: string) =>
  series(serverStatus.where({ proxy: "api", server, state: "UP" }), values);
const answered = (status: string, values: string) =>
  series(requests.where({ method: "POST", endpoint: "/api/payment", status }), values);
const bucket = (le: string, values: string) =>
  series(requestDuration.bucket.where({ method: "POST", endpoint: "/api/payment", status: "201", le }), values);

export const apiAlerts: readonly Alert[] = [
  alert({
    name: "ApiInstanceDown",
    severity: "p2",
    service: "api",
    expr: promql`${replicaInRotation} < 1`,
    for: seconds(0),
    summary: "API replica {{ $labels.server }} is out of rotation; the others still serve",
    description:
      "HAProxy's checks of this replica fail, so it gets no requests. Capacity is reduced, patients do not notice yet.",
    panel: panels.ha.replicaHealth,
    planned: true,
    fires: [
      { series: [replica("api", "1x8"), replica("api2", "1x3 0x4")], every: seconds(5), at: seconds(20) },
      { series: [replica("api", "0x4"), replica("api2", "0x4")], every: seconds(5), at: seconds(20), alerts: 2 },
    ],
    silent: [
      { series: [replica("api", "1x8"), replica("api2", "1x8")], every: seconds(5), at: seconds(40) },
      { series: [replica("api2", "0x3 1x4")], every: seconds(5), at: seconds(20) },
    ],
    drill: "replica-killed",
  }),
  alert({
    name: "ApiErrorRateHigh",
    severity: "p2",
    service: "api",
    expr: promql`${errorRatio} > ${thresholds.errorRatio}`,
    for: minutes(1),
    summary: "{{ $value | humanizePercentage }} of patients' requests fail",
    description: `More than ${thresholds.errorRatio * 100} % of patients' requests were answered with a 5xx over the last ${errorWindow.toPromql()}.`,
    panel: panels.red.errors,
    fires: [{ series: [answered("201", "0+94x40"), answered("500", "0+6x40")], at: minutes(8) }],
    silent: [
      { series: [answered("201", "0+95x40"), answered("500", "0+5x40")], at: minutes(8) },
      { series: [answered("201", "0x40"), answered("500", "0x40")], at: minutes(8) },
    ],
    drill: "replica-answers-5xx",
  }),
  alert({
    name: "ApiLatencyHigh",
    severity: "p3",
    service: "api",
    expr: promql`${latencyP95} > ${thresholds.latency.seconds}`,
    for: minutes(2),
    summary: "p95 of patients' requests is {{ $value | humanizeDuration }}",
    description: `One patient in twenty waits longer than ${thresholds.latency.toShort()}, the latency SLO.`,
    panel: panels.red.duration,
    // The quantile is interpolated inside a bucket: 94 of 100 below the limit is above it, 96 is below.
    fires: [
      { series: [bucket("0.8", "0+94x40"), bucket("1", "0+100x40"), bucket("+Inf", "0+100x40")], at: minutes(9) },
    ],
    silent: [
      { series: [bucket("0.8", "0+96x40"), bucket("1", "0+100x40"), bucket("+Inf", "0+100x40")], at: minutes(9) },
    ],
    drill: "replica-slow",
  }),
  alert({
    name: "ApiTrafficAbsent",
    severity: "p4",
    service: "api",
    expr: promql`sum(rate(${patientResponses.over(minutes(15))})) == 0
      and sum(increase(${patientResponses.over(minutes(15)).offset(minutes(15))})) > 100`,
    for: minutes(5),
    every: seconds(15),
    summary: "No request for 15 minutes, after there had been some",
    description:
      "Nobody reaches the entry any more although requests came in before: DNS, a firewall or the network in front of the platform may be the cause.",
    panel: panels.ha.requestRate,
    fires: [{ series: [series(answeredByProxy, "0+5x60 300x90")], at: minutes(36) }],
    silent: [
      { series: [series(answeredByProxy, "0+5x200")], at: minutes(36) },
      { series: [series(answeredByProxy, "0x200")], at: minutes(36) },
    ],
    drill: { none: "the absence of patients cannot be brought about without turning them away" },
  }),
];
