/** Rate, errors, duration (Tom Wilkie) of the API, as its replicas count them. A new replica is a new line by itself. */
import * as units from "@grafana/grafana-foundation-sdk/units";
import { errorRatio, latencyP95, patients } from "../alerts/api";
import { requestDuration, requests, up } from "../metrics";
import { type Expression, matching, promql } from "../promql";
import { thresholds } from "../thresholds";
import { minutes } from "../units";
import { above, type Dashboard, half, type Query } from "./view";

const recent = minutes(1);
const { errorWindow } = thresholds;
const failed = { status: matching("5..") };

/** The same as `latencyP95`, for another share of the requests. */
const latency = (share: number): Expression => promql`histogram_quantile(${share},
  sum by (le) (rate(${requestDuration.bucket.where(patients).over(errorWindow)})))`;

/** 0 while there are replicas but nothing failed: an API that never failed has no series that says so. */
export const shareOf5xx = promql`${errorRatio} or 0 * sum(${up.where({ job: "api" })})`;

/** The lines of the replicas about requests, and which of them are about a series. */
const replicas = "service:api*";
const failures = `${replicas} AND status:[500 TO *]`;
const ofEndpoint = 'endpoint:"{{endpoint}}"';
const ofReplica = 'service:"{{instance}}"';

const noPatients = "there is none before the first patient's request";
const quantile = (expr: Expression, legend: string): Query => ({ expr, legend, eventOnly: noPatients });

export const red: Dashboard<"red"> = {
  name: "red",
  title: "RED: the API",
  description: "How much is asked, how much of it fails and how long it takes: in all, by endpoint and by replica.",
  views: {
    rate: {
      row: "In all, and by endpoint",
      kind: "timeseries",
      size: half,
      unit: units.RequestsPerSecond,
      min: 0,
      queries: [{ expr: promql`sum by (endpoint) (rate(${requests.over(recent)}))`, legend: "{{endpoint}}" }],
      logs: { all: replicas, each: `${replicas} AND ${ofEndpoint}` },
      description:
        "Requests per second that the API answered. HAProxy's own checks and Prometheus are in it: what patients ask begins with /api/payment.",
    },
    errors: {
      kind: "timeseries",
      size: half,
      unit: units.PercentUnit,
      min: 0,
      thresholds: above(thresholds.errorRatio),
      queries: [
        { expr: shareOf5xx, legend: "all patients' requests" },
        {
          expr: promql`sum by (endpoint) (rate(${requests.where(failed).over(errorWindow)}))
            / sum by (endpoint) (rate(${requests.over(errorWindow)}))`,
          legend: "{{endpoint}}",
          eventOnly: "an endpoint has a line once it answered with a 5xx",
        },
      ],
      logs: { all: failures, each: `${failures} AND ${ofEndpoint}` },
      description: `Share of requests that were answered with a 5xx, over ${errorWindow.toPromql()}. Normal is 0.`,
    },
    duration: {
      kind: "timeseries",
      size: half,
      unit: units.Seconds,
      min: 0,
      thresholds: above(thresholds.latency.seconds),
      empty: "no requests yet",
      queries: [quantile(latency(0.5), "p50"), quantile(latencyP95, "p95"), quantile(latency(0.99), "p99")],
      logs: { all: `${replicas} AND duration:[${thresholds.latency.seconds} TO *]` },
      description: `Time that half, 95 % and 99 % of patients' requests do not exceed. Promised are ${thresholds.latency.toShort()} for 95 %. Without requests there is no line.`,
    },
    durationByEndpoint: {
      kind: "timeseries",
      size: half,
      unit: units.Seconds,
      min: 0,
      thresholds: above(thresholds.latency.seconds),
      queries: [
        {
          expr: promql`histogram_quantile(0.95,
            sum by (endpoint, le) (rate(${requestDuration.bucket.over(errorWindow)})))`,
          legend: "{{endpoint}}",
        },
      ],
      logs: { all: replicas, each: `${replicas} AND ${ofEndpoint}` },
      description: "Which endpoint is slow? /ready asks MySQL and Redis: if it is slow too, look at the data stores.",
    },
    rateByInstance: {
      row: "By replica",
      kind: "timeseries",
      size: half,
      unit: units.RequestsPerSecond,
      min: 0,
      queries: [{ expr: promql`sum by (instance) (rate(${requests.over(recent)}))`, legend: "{{instance}}" }],
      logs: { all: replicas, each: ofReplica },
      description:
        "Requests per second of each replica. Lines that lie close together are HAProxy's work; one that falls to 0 is a replica out of rotation.",
    },
    errorsByInstance: {
      kind: "timeseries",
      size: half,
      unit: units.RequestsPerSecond,
      min: 0,
      queries: [
        {
          expr: promql`sum by (instance) (rate(${requests.where(failed).over(errorWindow)}))
            or 0 * sum by (instance) (${up.where({ job: "api" })})`,
          legend: "{{instance}}",
        },
      ],
      logs: { all: failures, each: `${ofReplica} AND status:[500 TO *]` },
      description:
        "5xx per second that each replica answered. One line above the others: that replica. All of them: what they share, MySQL first.",
    },
  },
};
