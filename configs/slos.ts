/** The objectives that are promised (report, section 3), and what is counted for them. */
import type { Alert } from "./alerts/alert";
import { patients } from "./alerts/api";
import { type Slo, slo, slot, slotRate, slotSeconds } from "./alerts/slo";
import { patients as patientsBackend } from "./haproxy";
import { backendResponses, mysqlUp, probeSuccess, requestDuration, up } from "./metrics";
import { oneOf, promql, type Selector } from "./promql";
import { type Recording, recorded } from "./rules";
import { thresholds } from "./thresholds";
import { type Duration, days } from "./units";

const responses = { proxy: patientsBackend };
const probes = probeSuccess.where({ probe: oneOf("entry", "ready") }).over(slot);

/** Patients' requests in the last slot, as HAProxy counts them. */
const slotRequests = recorded({ name: "slo:requests:count30s", unit: "count" });

/** 0 as long as HAProxy is a target at all: what did not happen, or was not seen. */
const nothing = promql`0 * sum(${up.where({ job: "haproxy" })})`;
const count = (what: Selector) => promql`(sum(rate(${what.over(slotRate)})) * ${slotSeconds} or ${nothing})`;

/** Probes of the entry in the last slot, and those that failed. */
const probed = promql`sum(count_over_time(${probes}))`;
const failed = promql`(${probed} - sum(sum_over_time(${probes})))`;

/**
 * Requests that should have come in this slot and did not, because nothing answered: a HAProxy that is down counts no
 * errors, and its outage must weigh as much at noon as one in which it answers 503 itself. Usual is the mean of a day.
 */
const lost = promql`(clamp_min(sum(avg_over_time(${slotRequests.over(days(1))})) - sum(${slotRequests}), 0)
  * ${failed} / ${probed} or ${nothing})`;

/**
 * Patients' requests that HAProxy did not answer with a 5xx, of all. Each probe counts as a request, so that an outage at
 * night counts too.
 */
export const apiAvailability: Slo = slo({
  name: "ApiAvailability",
  title: "Availability of the API",
  service: "api",
  objective: 0.999,
  bad: promql`${count(backendResponses.where({ ...responses, code: "5xx" }))} + (${failed} or ${nothing}) + ${lost}`,
  total: promql`sum(${slotRequests}) + (${probed} or ${nothing}) + ${lost}`,
  drills: { Fast: "total-failure" },
});

/** Spelling of a bound in the label `le` (Prometheus 3 writes it as a decimal fraction). */
export const bound = (limit: Duration): string =>
  Number.isInteger(limit.seconds) ? `${limit.seconds}.0` : String(limit.seconds);

const slower = promql`rate(${requestDuration.count.where(patients).over(slotRate)})
  - ignoring (le) rate(${requestDuration.bucket.where({ ...patients, le: bound(thresholds.latency) }).over(slotRate)})`;
/** 0 while there are replicas but no requests. */
const none = promql`0 * sum(${up.where({ job: "api" })})`;

/** Patients' requests that took no longer than the limit, of all that a replica answered. */
export const apiLatency: Slo = slo({
  name: "ApiLatency",
  title: "Speed of the API",
  service: "api",
  objective: 0.95,
  bad: promql`sum(${slower}) * ${slotSeconds} or ${none}`,
  total: promql`sum(rate(${requestDuration.count.where(patients).over(slotRate)})) * ${slotSeconds} or ${none}`,
  drills: {},
});

/** Share of the slot in which MySQL answered, by witness: its exporter, and a replica's /ready. */
const answered = promql`(avg_over_time(${mysqlUp.over(slot)}) or avg_over_time(${probeSuccess.where({ probe: "ready" }).over(slot)}))`;

/** Time in which MySQL answers and a replica reaches it. A slot is one, and as bad as the worse witness says. */
export const databaseAvailability: Slo = slo({
  name: "DatabaseAvailability",
  title: "Availability of the database",
  service: "mysql",
  objective: 0.9995,
  bad: promql`1 - min(${answered})`,
  total: promql`count(${answered}) > bool 0`,
  drills: { Fast: "mysql-down" },
});

export const slos: readonly Slo[] = [apiAvailability, apiLatency, databaseAvailability];

/** Before those of the SLOs, which read it. */
const requestsRecorded: Recording = {
  metric: slotRequests,
  expr: count(backendResponses.where(responses)),
  every: slot,
};

export const sloRecordings: readonly Recording[] = [requestsRecorded, ...slos.flatMap((s) => s.recordings)];
export const sloAlerts: readonly Alert[] = slos.flatMap((s) => s.alerts);
