/** The dashboards of logs. */
import { logFields } from "../logs/fields";
import { thresholds } from "../thresholds";
import type { Filter, LogDashboard, Order } from "./view";

/**
 * Answers as the replicas gave them. HAProxy and Nginx write a line about the same request, so that counting all of
 * them would count a request three times.
 */
const answers: readonly Filter[] = [
  { field: "service", startsWith: "api" },
  { field: "status", is: "there" },
];
const lines: Order = { what: "count", title: "Lines" };
const requests: Order = { what: "count", title: "Requests" };
const slowest: Order = { what: "max", field: "duration", title: "Slowest" };
const aRequest = "a request";

/** Bounds of the API's own histogram (apps/api), so that both show the same; the promise is one of them. Seconds. */
const bounds = [...new Set([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, thresholds.latency.seconds, 1, 2.5, 5])].sort(
  (a, b) => a - b,
);
const inShort = (seconds: number): string => (seconds < 1 ? `${seconds * 1000} ms` : `${seconds} s`);

/** What a person reads of a line first. */
const columns = ["service", "level", "method", "endpoint", "status", "duration", "message"] as const;

export const logs: LogDashboard = {
  name: "medassist-logs",
  title: "MedAssist logs",
  description: "What the platform's containers say. A click on a request's id leads to all lines about that request.",
  choices: [
    { field: "service", title: "Service" },
    { field: "instance", title: "Instance" },
  ],
  panels: {
    errorsOverTime: {
      kind: "bars",
      title: "5xx over time",
      description:
        "By who said it. HAProxy alone: no replica could be asked. HAProxy and one replica: that replica. HAProxy and all: what they share.",
      size: [14, 12],
      filters: [{ field: "status", from: 500 }],
      along: { by: "time" },
      split: { by: "value", field: "service", title: "Service", most: 10 },
      metrics: [lines],
      needs: "a request that failed",
    },
    endpoints: {
      kind: "table",
      title: "Most used endpoints",
      description: "As the replicas count them: HAProxy's checks of their health are in it.",
      size: [10, 12],
      filters: [...answers, { field: "endpoint", is: "there" }],
      rows: [{ by: "value", field: "endpoint", title: "Endpoint", most: 20 }],
      metrics: [
        requests,
        { what: "percentile", percent: 50, field: "duration", title: "p50" },
        { what: "percentile", percent: 95, field: "duration", title: "p95" },
        slowest,
      ],
      needs: aRequest,
    },
    latencies: {
      kind: "bars",
      title: "Latency distribution",
      description: `How many answers of the replicas took how long. Promised are ${thresholds.latency.toShort()} for 95 % of them.`,
      size: [14, 12],
      filters: answers,
      along: { by: "range", field: "duration", title: "Duration", bounds, label: inShort },
      metrics: [requests],
      needs: aRequest,
    },
    errors: {
      kind: "table",
      title: "Errors by service and container",
      description: "Lines of the levels error and fatal. A container that is not running any more is in it too.",
      size: [10, 12],
      filters: [{ field: "level", oneOf: ["error", "fatal"] }],
      rows: [
        { by: "value", field: "service", title: "Service", most: 20 },
        { by: "value", field: "container", title: "Container", most: 5 },
      ],
      metrics: [lines],
      needs: "a line of an error",
    },
    live: {
      kind: "lines",
      title: "Live log",
      description: "Every line, the newest first. It is asked for anew every 10 seconds.",
      size: [24, 22],
      filters: [],
      columns: [...columns, "request_id"],
      first: "newest",
    },
  },
};

export const request: LogDashboard = {
  name: "medassist-request",
  title: "MedAssist: one request",
  description: "One request through Nginx, HAProxy and the API, by its id. An answer's header X-Request-ID has it.",
  choices: [{ field: "request_id", title: "Request id", single: true }],
  panels: {
    slowest: {
      kind: "table",
      title: "Slowest requests",
      description: "None chosen yet? These took longest. A click on one chooses it.",
      size: [12, 12],
      filters: [...answers, { field: "request_id", is: "there" }],
      rows: [{ by: "value", field: "request_id", title: "Request id", most: 20 }],
      metrics: [slowest, { what: "max", field: "status", title: "Status" }],
      needs: aRequest,
    },
    way: {
      kind: "table",
      title: "The way it took",
      description: "Each measured its own time: what one waited for the next is in it. The difference is its own.",
      size: [12, 12],
      filters: [{ field: "request_id", is: "there" }],
      rows: [{ by: "value", field: "service", title: "Service", most: 20 }],
      metrics: [slowest, { what: "max", field: "status", title: "Status" }, lines],
      needs: aRequest,
    },
    story: {
      kind: "lines",
      title: "What was said about it",
      description: "Every line about it, the oldest first.",
      size: [24, 22],
      filters: [{ field: "request_id", is: "there" }],
      columns: [...columns, "server", "termination", "retries", "error.type", "request_id"],
      first: "oldest",
      needs: aRequest,
    },
  },
};

export const logDashboards: readonly LogDashboard[] = [logs, request];

/** The type of a field, for those who show or sort it. */
export const typeOf = (name: string): string => {
  const found = logFields.find((field) => field.name === name);
  if (!found) throw new RangeError(`a line has no field ${name}`);
  return found.type;
};
