/** What promtool plays through beside the alerts' own cases: a healthy stack, and what the SLOs record of outages. */
import { series, type TestSeries } from "../../configs/alerts/alert";
import { heartbeatName } from "../../configs/alerts/heartbeat";
import { sloBudgetLeft, sloErrorRatio, slot, slotBad, slotTotal } from "../../configs/alerts/slo";
import * as m from "../../configs/metrics";
import { type Expression, promql } from "../../configs/promql";
import { bound } from "../../configs/slos";
import { thresholds } from "../../configs/thresholds";
import { type Duration, days, hours, minutes } from "../../configs/units";

const api = (status: string, le: string) => ({ method: "POST", endpoint: "/api/payment", status, le });
const limit = bound(thresholds.latency);

/** A value for every series that the SLOs and most alerts read, every 5 s, of a stack that nobody uses. */
const healthy: readonly TestSeries[] = [
  ...[
    "api",
    "haproxy",
    "nginx",
    "mysql",
    "redis",
    "node",
    "cadvisor",
    "blackbox",
    "probe",
    "pushgateway",
    "incidents",
  ].map((job) => series(m.up.where({ job, instance: job }), "1x400")),
  ...["frontend", "entry", "ready"].map((probe) => series(m.probeSuccess.where({ probe }), "1x400")),
  ...["api", "api2"].map((server) => series(m.serverStatus.where({ proxy: "api", server, state: "UP" }), "1x400")),
  series(m.activeServers.where({ proxy: "api" }), "2x400"),
  ...["2xx", "4xx", "5xx"].map((code) => series(m.backendResponses.where({ proxy: "api", code }), "0x400")),
  ...[m.serverConnectionErrors, m.serverResponseErrors, m.serverRetries].map((metric) =>
    series(metric.where({ proxy: "api", server: "api" }), "0x400"),
  ),
  series(m.backendQueue.where({ proxy: "api" }), "0x400"),
  series(m.frontendRequests.where({ proxy: "public" }), "0x400"),
  ...[m.nginxUp, m.mysqlUp, m.redisUp].map((metric) => series(metric, "1x400")),
  series(m.mysqlConnections, "24x400"),
  series(m.mysqlMaxConnections, "44x400"),
  ...[m.mysqlSlowQueries, m.redisEvicted, m.redisHits].map((metric) => series(metric, "0x400")),
  // A cache that has filled up in the course of its life.
  ...[m.redisMemoryUsed, m.redisMemoryMax].map((metric) => series(metric, "100x400")),
  series(m.redisMemoryResident, "110x400"),
  ...["0", "1"].map((cpu) => series(m.nodeCpu.where({ cpu, mode: "idle" }), "0+4.8x400")),
  series(m.nodeLoad1, "0.3x400"),
  series(m.nodeMemoryAvailable, "500x400"),
  series(m.nodeMemoryTotal, "1000x400"),
  series(m.nodeFilesystemAvailable.where({ device: "a", fstype: "ext4", mountpoint: "/" }), "300x400"),
  series(m.nodeFilesystemSize.where({ device: "a", fstype: "ext4", mountpoint: "/" }), "1000x400"),
  ...[m.nodeReceiveErrors, m.nodeSendErrors].map((metric) => series(metric.where({ device: "eth0" }), "0x400")),
  ...[m.containerStarted, m.containerCreated, m.containerMemory].map((metric) =>
    series(metric.where({ service: "api" }), "50x400"),
  ),
  series(m.containerMemoryLimit.where({ service: "api" }), "100x400"),
  series(m.containerOomEvents.where({ service: "api" }), "0x400"),
  ...[m.configReloaded, m.alertmanagerReloaded].map((metric, i) => series(metric.where({ job: `${i}` }), "1x400")),
  ...[m.ruleFailures, m.notificationErrors, m.notificationsDropped, m.notificationsFailed, m.sizeRetentions].map((c) =>
    series(c, "0x400"),
  ),
  series(m.oldestSample, "-86400x400"),
  series(m.maintenanceActive, "0x400"),
];
const healthyBut = (...other: readonly TestSeries[]): readonly TestSeries[] => {
  const name = (s: TestSeries) => s.selector.series("any");
  const changed = new Set(other.map(name));
  return [...healthy.filter((s) => !changed.has(name(s))), ...other];
};

export interface Case {
  readonly name: string;
  readonly series: readonly TestSeries[];
  /** @default 5 s */
  readonly every?: Duration;
  readonly at: Duration;
  /** Value of one series without labels, or none; the third is how far off it may be. */
  readonly expect: readonly (readonly [expr: Expression, value: number | undefined, tolerance?: number])[];
}
/** Sums and quotients of fractions are off in their last digits. */
const rounding = 1e-9;
/** The first slot of a series that begins is not whole. */
const firstSlot = 0.03;
const availability = { slo: "ApiAvailability" };
const latency = { slo: "ApiLatency" };
const database = { slo: "DatabaseAvailability" };
const budget = (of: { slo: string }) => promql`sum(${sloBudgetLeft.where(of)})`;
const ratio = (of: { slo: string }, window: Duration) => promql`sum(${sloErrorRatio(window).where(of)})`;
const responses = (code: string, values: string) =>
  series(m.backendResponses.where({ proxy: "api", code, job: "haproxy" }), values);
const buckets = (fast: string, all: string) => [
  series(m.requestDuration.bucket.where({ ...api("201", limit), job: "api" }), fast),
  series(m.requestDuration.bucket.where({ ...api("201", "+Inf"), job: "api" }), all),
  series(m.requestDuration.count.where({ method: "POST", endpoint: "/api/payment", status: "201", job: "api" }), all),
];
const probe = (name: string, values: string) => series(m.probeSuccess.where({ probe: name }), values);
/** Slots of a month, of the database: one each, and so many of them bad. */
const slots = (bad: string, total: string) => [
  series(slotBad.where(database), bad),
  series(slotTotal.where(database), total),
];
const burning = (name: string) =>
  promql`count(${m.alertsSeries.where({ alertname: `${name}BudgetBurnFast`, alertstate: "firing" })})`;

/** What must be so to the last digit. */
export const exact: readonly Case[] = [
  {
    name: "nobody uses a healthy stack: all budgets are whole, nothing fires but the heartbeat",
    series: healthy,
    at: minutes(30),
    expect: [
      [promql`count(${m.alertsSeries})`, 1],
      [promql`count(${m.alertsSeries.where({ alertname: heartbeatName, alertstate: "firing" })})`, 1],
      ...[availability, latency, database].map((of) => [budget(of), 1] as const),
      [ratio(availability, hours(1)), 0],
      [ratio(latency, hours(1)), undefined],
      [ratio(database, hours(1)), 0],
    ],
  },
  {
    name: "patients use a healthy stack: all budgets are whole",
    series: healthyBut(responses("2xx", "7+13x400"), responses("4xx", "0+3x400"), ...buckets("3+7x400", "3+7x400")),
    at: minutes(30),
    expect: [availability, latency, database].map((of) => [budget(of), 1] as const),
  },
  {
    name: "all that is bad in a maintenance window is not counted, nor what is good",
    series: healthyBut(
      series(m.maintenanceActive, "1x400"),
      responses("5xx", "0+9x400"),
      ...["entry", "ready"].map((name) => probe(name, "0x400")),
      series(m.mysqlUp, "0x400"),
      ...buckets("0x400", "0+5x400"),
    ),
    at: minutes(30),
    expect: [
      ...[availability, latency, database].map((of) => [budget(of), 1] as const),
      [promql`sum(${slotTotal})`, 0],
    ],
  },
  {
    name: "where nobody looks, nothing is counted",
    series: [],
    at: minutes(5),
    expect: [
      [promql`count(${slotTotal})`, undefined],
      [promql`count(${sloBudgetLeft})`, undefined],
    ],
  },
];

/** What is computed with fractions. */
export const near: readonly Case[] = [
  {
    name: "one request in a hundred fails",
    // 20 requests and 2 probes every 5 s: 120 and 12 a slot.
    series: healthyBut(responses("2xx", "1000+19.8x400"), responses("5xx", "1000+0.2x400")),
    at: minutes(30),
    expect: [
      [promql`sum(${slotBad.where(availability)})`, 1.2, rounding],
      [promql`sum(${slotTotal.where(availability)})`, 132, rounding],
      [ratio(availability, minutes(5)), 1.2 / 132, rounding],
      // Half of the hour was observed; what was not counts as good.
      [ratio(availability, hours(1)), 1.2 / 132 / 2, firstSlot * (1.2 / 132)],
    ],
  },
  {
    name: "a minute without any replica, and nobody there but the probes",
    // Two probes every 5 s are 24 in a minute, and 12 a slot.
    series: healthyBut(...["entry", "ready"].map((name) => probe(name, "1x120 0x11 1x260"))),
    at: minutes(20),
    expect: [
      [promql`sum(sum_over_time(${slotBad.where(availability).over(hours(1))}))`, 24],
      [budget(availability), 1 - 24 / (0.001 * 12 * 86_400), firstSlot * 0.03],
      [ratio(availability, hours(1)), 24 / (12 * 120), firstSlot * 0.02],
      [burning("ApiAvailability"), undefined],
    ],
  },
  {
    name: "a HAProxy that is down loses the requests that usually come",
    series: healthyBut(
      responses("2xx", "1000+100x239 _x160"),
      responses("5xx", "0x239 _x160"),
      series(m.up.where({ job: "haproxy", instance: "haproxy" }), "1x239 0x160"),
      ...["entry", "ready"].map((name) => probe(name, "1x239 0x160")),
    ),
    at: minutes(22),
    expect: [
      [promql`sum(${slotTotal.where(availability)}) > bool 400`, 1],
      [promql`sum(${slotBad.where(availability)}) / sum(${slotTotal.where(availability)})`, 1],
      [burning("ApiAvailability"), 1],
      [promql`${budget(availability)} < bool 1`, 1],
    ],
  },
  {
    name: "one request in ten is slow",
    series: healthyBut(...buckets("100+9x400", "100+10x400")),
    at: minutes(30),
    expect: [
      [ratio(latency, minutes(5)), 0.1, rounding],
      [ratio(latency, minutes(30)), 0.1, rounding],
    ],
  },
  {
    name: "the database is as bad as the worse witness says",
    series: healthyBut(probe("ready", "1x200 0x29 1x170"), series(m.mysqlUp, "1x200 0x11 1x188")),
    at: minutes(30),
    expect: [
      [promql`sum(sum_over_time(${slotBad.where(database).over(hours(1))}))`, 5, rounding],
      [budget(database), 1 - 5 / (0.0005 * 86_400), rounding],
    ],
  },
  {
    name: "maintenance ends, and what is bad afterwards counts",
    series: healthyBut(series(m.maintenanceActive, "1x239 0x160"), series(m.mysqlUp, "0x400")),
    at: minutes(30),
    expect: [[promql`sum(sum_over_time(${slotBad.where(database).over(hours(1))}))`, 19]],
  },
];

/** Long spans, in steps of a slot, from recorded slots on: of the database, a slot is 1, and a month has 86,400. */
export const long: readonly Case[] = [
  {
    name: "a budget is spent when as much was bad as may be, and overspent by more",
    // 43.2 slots may be bad.
    every: slot,
    series: slots("0x10 1x42 0.2 0x2900", "1x2954"),
    at: days(1),
    expect: [[budget(database), 0, rounding]],
  },
  {
    name: "more was bad than may be",
    every: slot,
    series: slots("0x10 1x85 0.4 0x2900", "1x2997"),
    at: days(1),
    expect: [
      [budget(database), -1, rounding],
      [ratio(database, days(1)), 86.4 / 2880, rounding],
      [ratio(database, days(3)), 86.4 / 8640, rounding],
    ],
  },
];
