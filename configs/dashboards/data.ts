/** MySQL and Redis: what patients' data rests on. */
import * as units from "@grafana/grafana-foundation-sdk/units";
import {
  mysqlConnectionRatio,
  mysqlSlowQueryRate,
  redisDataRatio,
  redisEvictionRate,
  redisHitRate,
  redisResidentRatio,
} from "../alerts/data";
import { mysqlConnections, mysqlQueries, mysqlUp, probeSuccess, redisUp, up } from "../metrics";
import { promql } from "../promql";
import { thresholds } from "../thresholds";
import { minutes } from "../units";
import { above, type Dashboard, third, upDown } from "./view";

/** Whether the exporter of a server answers: if it does not, its server's other panels are empty. */
const exporter = (job: "mysql" | "redis") => ({
  expr: promql`min by (instance) (${up.where({ job })})`,
  legend: "its exporter",
});

export const data: Dashboard<"data"> = {
  name: "data",
  title: "Data: MySQL and Redis",
  description: "MySQL holds the payments, Redis their copies for quick reading.",
  views: {
    mysqlUp: {
      row: "MySQL",
      kind: "state-timeline",
      size: third,
      unit: units.NoUnit,
      states: upDown,
      queries: [
        { expr: promql`min by (instance) (${mysqlUp})`, legend: "asked by its exporter" },
        { expr: promql`min by (probe) (${probeSuccess.where({ probe: "ready" })})`, legend: "reached by a replica" },
        exporter("mysql"),
      ],
      description:
        "Three witnesses. Exporter and replica red: MySQL is down. Only the replica: the network or the account between the two. Only the last line: the exporter is gone, MySQL may be well.",
    },
    mysqlConnections: {
      kind: "timeseries",
      size: third,
      unit: units.PercentUnit,
      min: 0,
      max: 1,
      thresholds: above(thresholds.mysqlConnections),
      queries: [
        { expr: mysqlConnectionRatio, legend: "of those allowed" },
        { expr: promql`max by (instance) (${mysqlConnections})`, legend: "connections", unit: units.Short },
      ],
      description: "Open connections against MySQL's limit. At 100 % a replica that restarts finds no room any more.",
    },
    mysqlSlowQueries: {
      kind: "timeseries",
      size: third,
      unit: units.CountsPerSecond,
      min: 0,
      thresholds: above(thresholds.mysqlSlowQueries),
      queries: [
        { expr: mysqlSlowQueryRate, legend: "slow" },
        {
          expr: promql`sum by (instance) (rate(${mysqlQueries.over(minutes(5))}))`,
          legend: "all",
          unit: units.OpsPerSecond,
        },
      ],
      description:
        "Queries per second that took longer than MySQL's long_query_time, and, on the right, all queries. Slow ones that rise with all are load; slow ones alone are a missing index or a lock.",
    },
    redisUp: {
      row: "Redis",
      kind: "state-timeline",
      size: third,
      unit: units.NoUnit,
      states: upDown,
      queries: [{ expr: promql`min by (instance) (${redisUp})`, legend: "asked by its exporter" }, exporter("redis")],
      description: "Without Redis the API reads everything from MySQL: slower, but right.",
    },
    redisMemory: {
      kind: "timeseries",
      size: third,
      unit: units.PercentUnit,
      min: 0,
      thresholds: above(thresholds.redisMemory),
      queries: [
        { expr: redisResidentRatio, legend: "resident" },
        { expr: redisDataRatio, legend: "data" },
      ],
      description:
        "Memory against what Redis' data may take. Data near 100 % is a full cache, and well. Resident memory far above it is fragmentation; at 200 % the container is killed.",
    },
    redisEvictions: {
      kind: "timeseries",
      size: third,
      unit: units.OpsPerSecond,
      min: 0,
      thresholds: above(thresholds.redisEvictions),
      queries: [
        { expr: redisEvictionRate, legend: "thrown away" },
        { expr: redisHitRate, legend: "read" },
      ],
      description:
        "Keys per second that Redis threw away to make room, and that were found when asked for. More thrown away than read: the cache is too small to be of use.",
    },
  },
};
