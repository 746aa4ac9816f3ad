/** Utilisation, saturation, errors (Brendan Gregg): is it the machine, and if so, what of it? */
import * as units from "@grafana/grafana-foundation-sdk/units";
import {
  containerCores,
  containerMemoryRatio,
  containerOomKills,
  containerRestarts,
  containerThrottledRatio,
} from "../alerts/containers";
import {
  hostCpuUsed,
  hostDiskFree,
  hostLoadPerCore,
  hostMajorFaults,
  hostMemoryAvailable,
  hostNetworkBytes,
  hostNetworkErrors,
} from "../alerts/host";
import { promql } from "../promql";
import { thresholds } from "../thresholds";
import { above, type Dashboard, half, third } from "./view";

export const use: Dashboard<"use"> = {
  name: "use",
  title: "USE: host and containers",
  description: "Utilisation, saturation and errors of what the system runs on: first the host, then each container.",
  views: {
    cpuUtilisation: {
      row: "Host",
      kind: "timeseries",
      size: third,
      unit: units.PercentUnit,
      min: 0,
      max: 1,
      queries: [{ expr: hostCpuUsed, legend: "{{instance}}" }],
      description:
        "Share of the time in which the cores did something. High alone is no harm: look at the saturation beside it. No line at all means that the node exporter does not answer.",
    },
    cpuSaturation: {
      kind: "timeseries",
      size: third,
      unit: units.Short,
      min: 0,
      thresholds: above(thresholds.hostLoad),
      queries: [{ expr: hostLoadPerCore, legend: "{{instance}}" }],
      description: `Processes that run or wait to, for each core. Above 1 some wait; above ${thresholds.hostLoad} everything answers late.`,
    },
    memoryUtilisation: {
      kind: "timeseries",
      size: third,
      unit: units.PercentUnit,
      min: 0,
      max: 1,
      thresholds: above(1 - thresholds.hostMemory),
      queries: [{ expr: promql`1 - ${hostMemoryAvailable}`, legend: "{{instance}}" }],
      description:
        "Share of the memory that programs hold. The kernel's caches do not count: it gives them back. At 100 % it kills a process.",
    },
    memorySaturation: {
      kind: "timeseries",
      size: third,
      unit: units.OpsPerSecond,
      min: 0,
      queries: [{ expr: hostMajorFaults, legend: "{{instance}}" }],
      description:
        "Pages per second that were read from disk because they were no longer in memory. Peaks when a program starts are normal; a plain is a host that is short of memory.",
    },
    networkUtilisation: {
      kind: "timeseries",
      size: third,
      unit: units.BytesPerSecondSI,
      min: 0,
      queries: [{ expr: hostNetworkBytes, legend: "{{instance}} {{device}}" }],
      description: "Bytes per second of each network device, in and out together.",
    },
    networkErrors: {
      kind: "timeseries",
      size: third,
      unit: units.CountsPerSecond,
      min: 0,
      thresholds: above(thresholds.hostNetworkErrors),
      queries: [{ expr: hostNetworkErrors, legend: "{{instance}} {{device}}" }],
      description: "Packets per second that a network device dropped as damaged, in and out together. Normal is 0.",
    },
    diskFree: {
      kind: "timeseries",
      size: [24, 6],
      unit: units.PercentUnit,
      min: 0,
      max: 1,
      thresholds: [
        { value: null, color: "red" },
        { value: thresholds.hostDisk, color: "orange" },
        { value: thresholds.hostDiskTrend, color: "green" },
      ],
      queries: [{ expr: hostDiskFree, legend: "{{instance}} {{device}}" }],
      description: `Share of each disk that programs may still use. Below ${thresholds.hostDiskTrend * 100} % its trend is watched, below ${thresholds.hostDisk * 100} % somebody must tidy up.`,
    },
    containerCpu: {
      row: "Containers",
      kind: "timeseries",
      size: half,
      unit: units.Short,
      min: 0,
      queries: [{ expr: containerCores, legend: "{{service}}" }],
      description: "Cores that each service uses: 1 is one core all the time.",
    },
    containerThrottling: {
      kind: "timeseries",
      size: half,
      unit: units.PercentUnit,
      min: 0,
      thresholds: above(thresholds.containerThrottled),
      empty: "no container has a CPU limit",
      queries: [{ expr: containerThrottledRatio, legend: "{{service}}" }],
      description:
        "Share of its CPU periods in which a container had to wait although it wanted to go on. Only containers with a CPU limit have it.",
    },
    containerMemory: {
      kind: "timeseries",
      size: half,
      unit: units.PercentUnit,
      min: 0,
      max: 1,
      thresholds: above(thresholds.containerMemory),
      queries: [{ expr: containerMemoryRatio, legend: "{{service}}" }],
      description:
        "Memory in use against the limit of the container. A line that climbs for days is a leak; at 100 % a process of the container is killed.",
    },
    containerRestarts: {
      kind: "timeseries",
      size: half,
      unit: units.Short,
      min: 0,
      decimals: 0,
      thresholds: above(thresholds.containerRestarts),
      queries: [
        { expr: containerRestarts, legend: "{{service}}: starts" },
        { expr: containerOomKills, legend: "{{service}}: killed for memory" },
      ],
      description: `How often a container started again within ${thresholds.containerRestartWindow.toPromql()}, and how many of its processes were killed because memory ran out. Replacing a container on purpose does not count.`,
    },
  },
};
