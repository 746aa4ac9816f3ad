/** Logs: do they arrive, and what do they say? */
import * as units from "@grafana/grafana-foundation-sdk/units";
import {
  canaryAge,
  errorLines,
  leaks,
  lineAge,
  queueUsed,
  refusedDocuments,
  storeAnswers,
  storeDiskUsed,
  storeIsRed,
  unreadLines,
} from "../alerts/logging";
import {
  logCanaryDelivery,
  logLinesRecent,
  logPipelineReady,
  logShipperAcked,
  logShipperUp,
  logStoreBytes,
  logStoreLimit,
  storeHeapMax,
  storeHeapUsed,
} from "../metrics";
import { promql } from "../promql";
import { thresholds } from "../thresholds";
import { minutes } from "../units";
import { above, anyIsBad, type Dashboard, half, third, upDown } from "./view";

export const logs: Dashboard<"logs"> = {
  name: "logs",
  title: "Logs",
  description:
    "The way of the log lines to Elasticsearch, and what can be counted in them. To read them: Kibana, or npm run logs.",
  views: {
    delivery: {
      row: "Delivery",
      kind: "timeseries",
      size: third,
      unit: units.Seconds,
      min: 0,
      thresholds: above(thresholds.logDelay.seconds),
      queries: [
        { expr: canaryAge, legend: "age of the newest test line that is found" },
        { expr: promql`max(${logCanaryDelivery})`, legend: "time that a test line takes" },
      ],
      description:
        "A test line is written every 15 s and looked for. Its age is a saw tooth below 20 s; a climb means that lines do not arrive.",
    },
    silence: {
      kind: "timeseries",
      size: third,
      unit: units.Seconds,
      min: 0,
      queries: [{ expr: lineAge, legend: "{{log_service}}" }],
      description:
        "Programs that only speak when something happens are silent for hours. Nginx, HAProxy and the log keeper never are.",
    },
    queue: {
      kind: "timeseries",
      size: third,
      unit: units.PercentUnit,
      min: 0,
      max: 1,
      thresholds: above(thresholds.logQueue),
      queries: [
        { expr: queueUsed, legend: "queue on disk" },
        { expr: promql`max(${logShipperUp})`, legend: "shipper answers" },
        {
          expr: promql`sum(rate(${logShipperAcked.over(minutes(5))}))`,
          legend: "lines per second",
          unit: units.Short,
        },
      ],
      description: "Lines wait here while Elasticsearch is away. Full: they wait in the containers' own files.",
    },
    lines: {
      row: "What they say",
      kind: "timeseries",
      size: half,
      unit: units.Short,
      min: 0,
      queries: [{ expr: promql`sum by (level) (${logLinesRecent})`, legend: "{{level}}" }],
      description: "Lines of all services within the last 5 minutes.",
    },
    errors: {
      kind: "timeseries",
      size: half,
      unit: units.Short,
      min: 0,
      thresholds: above(thresholds.logErrors),
      queries: [
        { expr: errorLines, legend: "{{log_service}}", eventOnly: "exists only while there are lines of errors" },
      ],
      empty: "no errors",
      description:
        "Lines of level error or fatal within the last 5 minutes. Some are normal while something is replaced.",
    },
    unread: {
      kind: "timeseries",
      size: half,
      unit: units.Short,
      min: 0,
      thresholds: anyIsBad("yellow"),
      queries: [
        { expr: unreadLines, legend: "unreadable: {{log_service}}" },
        { expr: refusedDocuments, legend: "refused by Elasticsearch" },
      ],
      description: "They are kept, but searches by field do not find them.",
    },
    redacted: {
      kind: "timeseries",
      size: half,
      unit: units.Short,
      min: 0,
      thresholds: anyIsBad(),
      empty: "none",
      queries: [{ expr: leaks, legend: "{{log_service}} {{kind}}" }],
      description:
        "Personal data that was taken out on the way. Any at all means that a program writes what it must not.",
    },
    store: {
      row: "Elasticsearch",
      kind: "state-timeline",
      size: half,
      unit: units.NoUnit,
      states: upDown,
      queries: [
        { expr: storeAnswers, legend: "answers" },
        { expr: promql`1 - ${storeIsRed}`, legend: "all data there" },
        { expr: promql`max(${logPipelineReady})`, legend: "users, streams and disk as they should be" },
      ],
      description:
        "Whether it answers the keeper, whether all of its data can be read, and whether the keeper finds anything to put right.",
    },
    size: {
      kind: "timeseries",
      size: half,
      unit: units.BytesIEC,
      min: 0,
      queries: [
        { expr: promql`sum by (data_stream) (${logStoreBytes})`, legend: "{{data_stream}}" },
        { expr: promql`max(${logStoreLimit})`, legend: "limit" },
      ],
      description: "The oldest lines are deleted before the limit is reached.",
    },
    disk: {
      kind: "timeseries",
      size: half,
      unit: units.PercentUnit,
      min: 0,
      max: 1,
      thresholds: above(thresholds.logStoreDisk),
      queries: [{ expr: storeDiskUsed, legend: "used" }],
      description:
        "Of the disk that its volume is on, whatever uses it. At 95 %, on a large disk when 2 GiB are left, Elasticsearch refuses to write.",
    },
    heap: {
      kind: "timeseries",
      size: half,
      unit: units.PercentUnit,
      min: 0,
      max: 1,
      queries: [
        {
          expr: promql`max(${storeHeapUsed.where({ area: "heap" })}) / max(${storeHeapMax.where({ area: "heap" })})`,
          legend: "used",
        },
      ],
      description: "A saw tooth is normal. Always above three quarters: too little heap for what is stored and asked.",
    },
  },
};
