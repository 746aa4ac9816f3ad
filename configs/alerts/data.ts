/** What can go wrong with MySQL and Redis. An exporter that is gone counts as its server being down where that matters. */
import { panels } from "../dashboards/panels";
import {
  mysqlConnections,
  mysqlMaxConnections,
  mysqlSlowQueries,
  mysqlUp,
  probeSuccess,
  redisEvicted,
  redisHits,
  redisMemoryMax,
  redisMemoryResident,
  redisMemoryUsed,
  redisUp,
  up,
} from "../metrics";
import { promql } from "../promql";
import { thresholds } from "../thresholds";
import { minutes, seconds } from "../units";
import { type Alert, alert, series } from "./alert";

/** Connections for each that MySQL allows, ratio. */
export const mysqlConnectionRatio = promql`max by (instance) (${mysqlConnections} / ${mysqlMaxConnections})`;

/** Slow queries per second. */
export const mysqlSlowQueryRate = promql`sum by (instance) (rate(${mysqlSlowQueries.over(minutes(5))}))`;

/** Data for each byte that data may take, ratio. Near 1 the cache is full, which is what it is for. */
export const redisDataRatio = promql`max by (instance) (${redisMemoryUsed} / (${redisMemoryMax} > 0))`;

/** Resident memory for each byte that data may take, ratio; the container's limit is at 2 (configs/redis.ts). */
export const redisResidentRatio = promql`max by (instance) (${redisMemoryResident} / (${redisMemoryMax} > 0))`;

/** Keys per second that Redis threw away to make room. */
export const redisEvictionRate = promql`sum by (instance) (rate(${redisEvicted.over(minutes(10))}))`;

/** Reads per second that Redis could answer. */
export const redisHitRate = promql`sum by (instance) (rate(${redisHits.over(minutes(10))}))`;

const ready = probeSuccess.where({ probe: "ready" });
const entry = probeSuccess.where({ probe: "entry" });

const exporter = (job: string, values: string) => series(up.where({ job, instance: `${job}-exporter:9100` }), values);
const probe = (name: string, values: string) => series(probeSuccess.where({ probe: name, job: "probe" }), values);
const connections = (open: string) => [series(mysqlConnections, open), series(mysqlMaxConnections, "100x40")];
const resident = (values: string) => [
  series(redisMemoryResident, values),
  series(redisMemoryUsed, "100x100"),
  series(redisMemoryMax, "100x100"),
];
const keys = (evicted: string, hits: string) => [series(redisEvicted, evicted), series(redisHits, hits)];
const every5 = { every: seconds(5) };

export const dataAlerts: readonly Alert[] = [
  alert({
    name: "MysqlDown",
    severity: "p1",
    service: "mysql",
    // Three witnesses. The exporter asks MySQL. Where the exporter itself is gone, a replica that reaches MySQL clears it.
    // And a replica that does not reach MySQL says so three times as often as the exporter is asked.
    expr: promql`max by (stack) (
        ${mysqlUp} == 0
        or (${up.where({ job: "mysql" })} == 0 unless on (stack) ${ready} == 1)
        or (${ready} == 0 and on (stack) ${entry} == 1))`,
    for: seconds(5),
    summary: "MySQL is down: no payment can be made",
    description:
      "MySQL does not answer, or no replica reaches it. Nothing can be written; what Redis remembers can still be read for a few minutes.",
    panel: panels.data.mysqlUp,
    planned: true,
    fires: [
      { ...every5, series: [series(mysqlUp, "1x3 0x6"), exporter("mysql", "1x10")], at: seconds(25) },
      { ...every5, series: [exporter("mysql", "1x3 0x6")], at: seconds(25) },
      // The replica knows first.
      {
        ...every5,
        series: [series(mysqlUp, "1x10"), probe("ready", "1x3 0x6"), probe("entry", "1x10")],
        at: seconds(25),
      },
    ],
    silent: [
      {
        ...every5,
        series: [series(mysqlUp, "1x10"), exporter("mysql", "1x10"), probe("ready", "1x10")],
        at: seconds(30),
      },
      // Its exporter was replaced.
      {
        ...every5,
        series: [exporter("mysql", "1x3 0x6"), probe("ready", "1x10"), probe("entry", "1x10")],
        at: seconds(40),
      },
      // No replica at all: that is another alert.
      { ...every5, series: [series(mysqlUp, "1x10"), probe("ready", "0x10"), probe("entry", "0x10")], at: seconds(40) },
      {
        ...every5,
        series: [series(mysqlUp, "1x10"), probe("ready", "1x3 0 1x6"), probe("entry", "1x10")],
        at: seconds(20),
      },
    ],
    drill: "mysql-down",
  }),
  alert({
    name: "MysqlConnectionsNearLimit",
    severity: "p3",
    service: "mysql",
    expr: promql`${mysqlConnectionRatio} > ${thresholds.mysqlConnections}`,
    for: minutes(2),
    every: seconds(15),
    summary: "{{ $value | humanizePercentage }} of MySQL's connections are taken",
    description:
      "When all are taken, replicas are refused and patients get errors. Something holds connections open, or somebody else connects.",
    panel: panels.data.mysqlConnections,
    fires: [{ series: connections("81x40"), at: minutes(3) }],
    silent: [
      { series: connections("80x40"), at: minutes(3) },
      { series: connections("95x6 20x34"), at: minutes(3) },
    ],
    drill: { none: "the API's pool never opens as many connections, so only a foreign client could" },
  }),
  alert({
    name: "MysqlSlowQueries",
    severity: "p4",
    service: "mysql",
    expr: promql`${mysqlSlowQueryRate} > ${thresholds.mysqlSlowQueries}`,
    for: minutes(10),
    every: seconds(15),
    summary: "{{ $value | humanize }} slow queries a second",
    description:
      "Queries take longer than MySQL's long_query_time for ten minutes now. An index may be missing, or a table has outgrown the buffer pool.",
    panel: panels.data.mysqlSlowQueries,
    fires: [{ series: [series(mysqlSlowQueries, "0+1.6x80")], at: minutes(16) }],
    silent: [
      { series: [series(mysqlSlowQueries, "0+1.5x80")], at: minutes(16) },
      { series: [series(mysqlSlowQueries, "0x20 20x60")], at: minutes(16) },
    ],
    drill: { none: "the API has no slow query, and a drill does not bring one in" },
  }),
  alert({
    name: "RedisDown",
    severity: "p2",
    service: "redis",
    expr: promql`max by (stack) (${redisUp} == 0 or ${up.where({ job: "redis" })} == 0)`,
    // Its exporter may be replaced meanwhile: that is missed at one scrape of 15 s.
    for: seconds(30),
    summary: "Redis is down: every read of a payment goes to MySQL",
    description:
      "The cache does not answer. Patients are served all the same, more slowly, and MySQL carries the whole load.",
    panel: panels.data.redisUp,
    planned: true,
    fires: [
      { series: [series(redisUp, "1x2 0x6"), exporter("redis", "1x10")], at: seconds(75) },
      { series: [exporter("redis", "1x2 0x6")], at: seconds(75) },
    ],
    silent: [
      { series: [series(redisUp, "1x10"), exporter("redis", "1x10")], at: seconds(75) },
      { series: [exporter("redis", "1x2 0 1x6")], at: seconds(60) },
    ],
    drill: "redis-down",
  }),
  alert({
    name: "RedisMemoryHigh",
    severity: "p4",
    service: "redis",
    // Not the data: a cache that evicts is always full. What the process holds beyond it is what the container runs out of.
    expr: promql`${redisResidentRatio} > ${thresholds.redisMemory}`,
    for: minutes(15),
    every: seconds(15),
    summary: "Redis holds {{ $value | humanize }} times the memory that its data may take",
    description:
      "Buffers or fragmentation use the memory that is kept free for rewriting its file; at twice the data's size the container is killed. A restart gives it back.",
    panel: panels.data.redisMemory,
    fires: [{ series: resident("151x90"), at: minutes(16) }],
    silent: [
      { series: resident("150x90"), at: minutes(16) },
      // Full and healthy.
      { series: resident("108x90"), at: minutes(16) },
      { series: [series(redisMemoryResident, "151x90"), series(redisMemoryMax, "0x90")], at: minutes(16) },
    ],
    drill: { none: "fragmentation cannot be brought about on purpose" },
  }),
  alert({
    name: "RedisEvicting",
    severity: "p4",
    service: "redis",
    // A full cache evicts a key for each that it takes, which is normal. One that throws away more than it is asked for is
    // too small to be of use.
    expr: promql`${redisEvictionRate} > ${thresholds.redisEvictions} and ${redisEvictionRate} > ${redisHitRate}`,
    for: minutes(10),
    every: seconds(15),
    summary: "Redis throws away {{ $value | humanize }} keys a second, more than it gives out",
    description:
      "The cache is too small for what passes through it: keys are gone before they are read. Give Redis more memory.",
    panel: panels.data.redisEvictions,
    fires: [{ series: keys("0+150x100", "0+149x100"), at: minutes(22) }],
    silent: [
      { series: keys("0+150x100", "0+150x100"), at: minutes(22) },
      { series: keys("0+15x100", "0x100"), at: minutes(22) },
    ],
    drill: { none: "filling the cache faster than it is read takes a load that no drill has" },
  }),
];
