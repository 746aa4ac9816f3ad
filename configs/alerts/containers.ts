/** What can go wrong with a container, as cAdvisor sees it. */
import { panels } from "../dashboards/panels";
import {
  containerCpu,
  containerCreated,
  containerMemory,
  containerMemoryLimit,
  containerOomEvents,
  containerPeriods,
  containerStarted,
  containerThrottledPeriods,
  nodeOomKills,
} from "../metrics";
import { promql } from "../promql";
import { thresholds } from "../thresholds";
import { minutes, seconds } from "../units";
import { type Alert, alert, series } from "./alert";

/** As often as containers are scraped. */
const every = seconds(15);
/** A kill is told of for this long. */
const oomWindow = minutes(10);
/** A kill and the start that follows it are seen within this time, by two exporters. */
const restartWindow = minutes(2);

/** Cores in use, by service. */
export const containerCores = promql`sum by (service) (rate(${containerCpu.over(minutes(1))}))`;

/** Memory in use for each byte of the limit, by service, ratio. A limit of 0 is none. */
export const containerMemoryRatio = promql`max by (service) (${containerMemory} / (${containerMemoryLimit} > 0))`;

/** CPU periods in which the container had to wait for its share, by service, ratio; only with a CPU limit. */
export const containerThrottledRatio = promql`sum by (service) (rate(${containerThrottledPeriods.over(minutes(5))}))
  / sum by (service) (rate(${containerPeriods.over(minutes(5))}))`;

const { containerRestartWindow } = thresholds;
/** Times that a container started again by itself in the last 15 minutes, by service. One that was replaced is also new. */
export const containerRestarts = promql`max by (service) (changes(${containerStarted.over(containerRestartWindow)})
  - changes(${containerCreated.over(containerRestartWindow)}))`;

/** Processes killed for memory in the last 10 minutes, by service. */
export const containerOomKills = promql`sum by (service) (increase(${containerOomEvents.over(oomWindow)}))`;

/**
 * Containers that started again while the kernel killed something on this host. cAdvisor forgets a container whose main
 * process is killed, and its kill with it (measured with v0.57): so these two are put together.
 */
const restartedByKill = promql`max by (service) (changes(${containerStarted.over(restartWindow)})
  - changes(${containerCreated.over(restartWindow)})) > 0
  and on () sum(increase(${nodeOomKills.over(restartWindow)})) > 0`;

const of = { service: "api2" };
const starts = (started: string, created: string) => [
  series(containerStarted.where(of), started),
  series(containerCreated.where(of), created),
];
const kills = (values: string) => series(containerOomEvents.where(of), values);
const memory = (used: string, limit: string) => [
  series(containerMemory.where(of), used),
  series(containerMemoryLimit.where(of), limit),
];
const periods = (throttled: string, all: string) => [
  series(containerThrottledPeriods.where(of), throttled),
  series(containerPeriods.where(of), all),
];

export const containerAlerts: readonly Alert[] = [
  alert({
    name: "ContainerOomKilled",
    severity: "p2",
    service: "containers",
    expr: promql`${containerOomKills} > 0 or ${restartedByKill}`,
    for: seconds(0),
    every,
    summary: "A process of {{ $labels.service }} was killed because its memory ran out",
    description:
      "The kernel killed a process in this container. What it was doing is lost; it happens again unless the memory's limit or the program changes.",
    panel: panels.use.containerRestarts,
    fires: [
      { series: [kills("0x10 1x10")], at: minutes(4) },
      // Its main process: the counter knows nothing of it.
      {
        series: [...starts("100x10 200x10", "90x20"), kills("0x20"), series(nodeOomKills, "3x9 4x10")],
        at: minutes(4),
      },
    ],
    silent: [
      { series: [kills("0x20")], at: minutes(4) },
      // It started again, and nothing was killed; something was killed, and it did not start again; it was replaced.
      { series: [...starts("100x10 200x10", "90x20"), kills("0x20"), series(nodeOomKills, "3x20")], at: minutes(4) },
      { series: [...starts("100x20", "90x20"), kills("0x20"), series(nodeOomKills, "3x9 4x10")], at: minutes(4) },
      { series: [...starts("100x10 200x10", "90x10 190x10"), series(nodeOomKills, "3x9 4x10")], at: minutes(4) },
      // It is over: the kill is more than ten minutes ago.
      { series: [kills("0x4 1x80")], at: minutes(15) },
    ],
    drill: {
      none: "the limits leave room on purpose, and a program that eats memory would test the kernel, not this system",
    },
  }),
  alert({
    name: "ContainerRestarting",
    severity: "p3",
    service: "containers",
    expr: promql`${containerRestarts} >= ${thresholds.containerRestarts}`,
    for: seconds(0),
    every,
    summary: "{{ $labels.service }} started again {{ $value }} times within a quarter of an hour",
    description:
      "Its main process ends by itself, and the engine starts it anew each time. Its last lines of log say why.",
    panel: panels.use.containerRestarts,
    fires: [{ series: starts("100x7 200x7 300x7", "90x23"), at: minutes(5) }],
    silent: [
      { series: starts("100x7 200x15", "90x23"), at: minutes(5) },
      // Replaced on purpose, three times.
      { series: starts("100x5 200x5 300x5 400x5", "90x5 190x5 290x5 390x5"), at: minutes(5) },
    ],
    drill: "replica-crashed",
  }),
  alert({
    name: "ContainerNearMemoryLimit",
    severity: "p3",
    service: "containers",
    expr: promql`${containerMemoryRatio} > ${thresholds.containerMemory}`,
    for: minutes(5),
    every,
    summary: "{{ $labels.service }} uses {{ $value | humanizePercentage }} of the memory it may have",
    description: "At 100 % the kernel kills a process in this container. It needs a higher limit, or it leaks.",
    panel: panels.use.containerMemory,
    fires: [{ series: memory("91x40", "100x40"), at: minutes(6) }],
    silent: [
      { series: memory("90x40", "100x40"), at: minutes(6) },
      { series: memory("91x40", "0x40"), at: minutes(6) },
      { series: memory("95x16 50x24", "100x40"), at: minutes(6) },
    ],
    drill: { none: "the limits leave room on purpose, and no service can be told to use more" },
  }),
  alert({
    name: "ContainerCpuThrottled",
    severity: "p4",
    service: "containers",
    expr: promql`${containerThrottledRatio} > ${thresholds.containerThrottled}`,
    for: minutes(15),
    every,
    summary: "{{ $labels.service }} waits for CPU in {{ $value | humanizePercentage }} of its periods",
    description:
      "The container's CPU limit slows it down for a quarter of an hour now. Raise the limit, or find out what it computes.",
    panel: panels.use.containerThrottling,
    fires: [{ series: periods("0+26x90", "0+100x90"), at: minutes(18) }],
    silent: [
      { series: periods("0+25x90", "0+100x90"), at: minutes(18) },
      { series: periods("0x90", "0x90"), at: minutes(18) },
    ],
    drill: { none: "no container has a CPU limit unless settings give it one" },
  }),
];
