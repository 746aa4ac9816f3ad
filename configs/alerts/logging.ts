/** What can go wrong with logs: their way to the store, the store, and what they say. */
import { panels } from "../dashboards/panels";
import { containerLog } from "../limits";
import {
  containerStarted,
  logCanaryLastSeen,
  logFailedDocuments,
  logLastLine,
  logLinesRecent,
  logParseFailures,
  logQueueUsed,
  logRedactedLines,
  logSourceExpected,
  logStoreUp,
  storeDiskAvailable,
  storeDiskSize,
  storeHealth,
} from "../metrics";
import { not, oneOf, promql } from "../promql";
import { thresholds } from "../thresholds";
import { minutes, seconds } from "../units";
import { type Alert, alert, series } from "./alert";

const every = seconds(15);
const percent = (share: number): string => `${share * 100} %`;

/** Seconds since the newest line of each service. */
export const lineAge = promql`time() - max by (log_service) (${logLastLine})`;
/** Services that should have said something, with the seconds for which their container has run. */
const talkative = promql`label_replace(time() - max by (service) (${containerStarted}), "log_service", "$1", "service", "(.+)")
  and on (log_service) ${logSourceExpected} == 1`;
/** Seconds since the newest test line that could be found was written. */
export const canaryAge = promql`time() - max(${logCanaryLastSeen})`;
/** Lines of errors within 5 minutes, by service. */
export const errorLines = promql`sum by (log_service) (${logLinesRecent.where({ level: oneOf("error", "fatal") })})`;
/** Lines with personal data within 5 minutes, by service and kind; slow queries always have some. */
export const leaks = promql`max by (log_service, kind) (${logRedactedLines.where({ kind: not("slow_log") })})`;
export const unreadLines = promql`max by (log_service) (${logParseFailures})`;
export const refusedDocuments = promql`max(${logFailedDocuments})`;
export const queueUsed = promql`max(${logQueueUsed})`;
/** 1 while Elasticsearch answers the keeper. */
export const storeAnswers = promql`max(${logStoreUp})`;
export const storeIsRed = promql`max(${storeHealth.where({ color: "red" })})`;
/** Share of the disk under Elasticsearch that is used. */
export const storeDiskUsed = promql`1 - min(${storeDiskAvailable}) / max(${storeDiskSize})`;

const line = (ageAtStart: number) => series(logLastLine.where({ log_service: "haproxy" }), `-${ageAtStart}x80`);
const expected = series(logSourceExpected.where({ log_service: "haproxy" }), "1x80");
const running = (ageAtStart: number) => series(containerStarted.where({ service: "haproxy" }), `-${ageAtStart}x80`);
const canary = (ageAtStart: number) => series(logCanaryLastSeen, `-${ageAtStart}x40`);
const answers = (values: string) => series(logStoreUp, values);
const red = (values: string) => series(storeHealth.where({ color: "red" }), values);
const disk = (available: number) => [series(storeDiskAvailable, `${available}x60`), series(storeDiskSize, "1000x60")];
const refused = (values: string) => series(logFailedDocuments, values);
const unread = (values: string) => series(logParseFailures.where({ log_service: "api" }), values);
const leak = (kind: string, values: string) => series(logRedactedLines.where({ log_service: "api", kind }), values);
const errors = (level: string, values: string) => series(logLinesRecent.where({ log_service: "api", level }), values);
const queue = (values: string) => series(logQueueUsed, values);

export const loggingAlerts: readonly Alert[] = [
  alert({
    name: "LogStoreDown",
    severity: "p2",
    service: "logging",
    expr: promql`${storeAnswers} == 0 or ${storeIsRed} == 1`,
    for: minutes(2),
    every,
    summary: "Elasticsearch does not answer, or a part of its data is missing",
    description: "Logs cannot be searched. Lines wait on the host until it is back, for as long as the queue has room.",
    panel: panels.logs.store,
    fires: [
      { series: [answers("1x2 0x15")], at: seconds(180) },
      { series: [answers("1x20"), red("0x2 1x15")], at: seconds(180) },
    ],
    silent: [
      { series: [answers("1x20"), red("0x20")], at: seconds(240) },
      { series: [answers("1x2 0x6 1x10")], at: seconds(240) },
    ],
    drill: "elasticsearch-down",
  }),
  alert({
    name: "LogStoreDiskHigh",
    severity: "p2",
    service: "logging",
    expr: promql`${storeDiskUsed} > ${thresholds.logStoreDisk}`,
    for: minutes(5),
    every,
    summary: "The disk under Elasticsearch is {{ $value | humanizePercentage }} full",
    description: `At 95 %, on a large disk when 2 GiB are left, Elasticsearch takes no line any more. More than ${percent(thresholds.logStoreDisk)} is used; log lines themselves have a limit, so look at what else fills the disk.`,
    panel: panels.logs.disk,
    fires: [{ series: disk(149), at: seconds(330) }],
    silent: [
      { series: disk(151), at: seconds(600) },
      { series: disk(149), at: seconds(285) },
    ],
    drill: { none: "it would fill the disk that everything else stands on" },
  }),
  alert({
    name: "LogRedaction",
    severity: "p2",
    service: "logging",
    expr: promql`${leaks} > 0`,
    for: seconds(0),
    every,
    summary:
      "{{ $labels.log_service }} wrote personal data ({{ $labels.kind }}) to its log: {{ $value }} lines in 5 minutes",
    description:
      "It was taken out before the line left the host, but it stands in the container's own log, and the program that wrote it leaks.",
    panel: panels.logs.redacted,
    fires: [{ series: [leak("email", "0x2 1x10")], at: seconds(60) }],
    silent: [
      { series: [leak("email", "0x10")], at: seconds(60) },
      { series: [leak("slow_log", "5x10")], at: seconds(60) },
    ],
    drill: { none: "tested with a made-up line (test/e2e/logging.test.ts): a drill would write personal data" },
  }),
  alert({
    name: "LogsDelayed",
    severity: "p3",
    service: "logging",
    expr: promql`${canaryAge} > ${thresholds.logDelay.seconds}`,
    for: seconds(30),
    every,
    summary: "The newest test line that can be found is {{ $value | humanizeDuration }} old",
    description:
      "The shipper is behind or stopped, or Elasticsearch is slow. What is searched is not what happens now.",
    panel: panels.logs.delivery,
    fires: [{ series: [canary(60)], at: seconds(105) }],
    silent: [
      { series: [canary(5)], at: seconds(105) },
      { series: [canary(60)], at: seconds(75) },
    ],
    drill: "filebeat-stopped",
  }),
  alert({
    name: "LogQueueFills",
    severity: "p3",
    service: "logging",
    expr: promql`${queueUsed} > ${thresholds.logQueue}`,
    for: minutes(1),
    every,
    summary: "The shipper's queue is {{ $value | humanizePercentage }} full",
    description: `Elasticsearch takes lines more slowly than they are written, or not at all. When the queue is full, lines wait in the containers' own files, of which Docker keeps ${containerLog.file.mebibytes * containerLog.files} MiB each.`,
    panel: panels.logs.queue,
    fires: [{ series: [queue("0.4x2 0.51x10")], at: seconds(120) }],
    silent: [
      { series: [queue("0.5x20")], at: seconds(240) },
      { series: [queue("0.51x2 0.4x10")], at: seconds(120) },
    ],
    drill: "elasticsearch-down",
  }),
  alert({
    name: "LogsSilent",
    severity: "p3",
    service: "logging",
    expr: promql`(${talkative}) > ${thresholds.logSilence.seconds} unless on (log_service) (${lineAge}) <= ${thresholds.logSilence.seconds}`,
    for: seconds(30),
    every,
    summary: `No line of {{ $labels.log_service }} for ${thresholds.logSilence.toPromql()}, although it runs`,
    description:
      "It is asked every few seconds and logs each request, so either it is not asked any more, or its lines are lost on the way.",
    panel: panels.logs.silence,
    fires: [
      { series: [expected, running(3600), line(550)], at: seconds(105) },
      { series: [expected, running(3600)], at: seconds(45) },
    ],
    silent: [
      { series: [expected, running(3600), line(5)], at: seconds(105) },
      { series: [expected, running(60)], at: seconds(105) },
      { series: [running(3600), line(3000)], at: seconds(105) },
    ],
    drill: "filebeat-stopped",
  }),
  alert({
    name: "LogErrorBurst",
    severity: "p3",
    service: "logging",
    expr: promql`${errorLines} > ${thresholds.logErrors}`,
    for: seconds(0),
    every,
    summary: "{{ $labels.log_service }} wrote {{ $value }} lines of errors in 5 minutes",
    description: "Something in it fails again and again. The lines say what; patients may not have noticed yet.",
    panel: panels.logs.errors,
    fires: [{ series: [errors("error", "30x10"), errors("fatal", "21x10")], at: seconds(60) }],
    silent: [
      { series: [errors("error", "30x10"), errors("fatal", "20x10")], at: seconds(60) },
      { series: [errors("warn", "500x10")], at: seconds(60) },
    ],
    drill: "replica-answers-5xx",
  }),
  alert({
    name: "LogsUnreadable",
    severity: "p4",
    service: "logging",
    expr: promql`${unreadLines} > 0 or ${refusedDocuments} > 0`,
    for: minutes(1),
    every,
    summary:
      "{{ with $labels.log_service }}Lines of {{ . }} are not what they should be{{ else }}Elasticsearch refused lines{{ end }}: {{ $value }} in 5 minutes",
    description:
      "Nothing is lost: unreadable lines are kept as text, refused ones in the data stream `failed-logs`. Searches by field do not find them.",
    panel: panels.logs.unread,
    fires: [
      { series: [unread("0x2 1x10")], at: seconds(120) },
      { series: [refused("0x2 1x10")], at: seconds(120) },
    ],
    silent: [
      { series: [unread("0x20"), refused("0x20")], at: seconds(120) },
      { series: [unread("0x2 1x2 0x10")], at: seconds(120) },
    ],
    drill: { none: "tested with a made-up line (test/e2e/logging.test.ts)" },
  }),
];
