/** What can go wrong with the machine under the stack. USE: utilisation, saturation, errors (Brendan Gregg). */
import { panels } from "../dashboards/panels";
import {
  nodeCpu,
  nodeFilesystemAvailable,
  nodeFilesystemSize,
  nodeLoad1,
  nodeMajorFaults,
  nodeMemoryAvailable,
  nodeMemoryTotal,
  nodeReceivedBytes,
  nodeReceiveErrors,
  nodeSendErrors,
  nodeSentBytes,
  up,
} from "../metrics";
import { not, promql } from "../promql";
import { thresholds } from "../thresholds";
import { hours, minutes, seconds } from "../units";
import { type Alert, alert, series } from "./alert";

/** As often as the host is scraped. */
const every = seconds(15);

/** Time that the host's cores were not idle, ratio. */
export const hostCpuUsed = promql`1 - avg by (instance) (rate(${nodeCpu.where({ mode: "idle" }).over(minutes(1))}))`;

/** Processes that run or want to, for each core. */
export const hostLoadPerCore = promql`max by (instance) (${nodeLoad1})
  / count by (instance) (${nodeCpu.where({ mode: "idle" })})`;

/** Memory that programs can still get without swapping, ratio. */
export const hostMemoryAvailable = promql`min by (instance) (${nodeMemoryAvailable} / ${nodeMemoryTotal})`;

/** Pages per second that had to be read from disk because they were not in memory. */
export const hostMajorFaults = promql`sum by (instance) (rate(${nodeMajorFaults.over(minutes(1))}))`;

/** Network devices but the loopback. */
const devices = { device: not("lo") };

/** Bytes per second and network device, both ways. */
export const hostNetworkBytes = promql`sum by (instance, device) (
  rate(${nodeReceivedBytes.where(devices).over(minutes(1))}) + rate(${nodeSentBytes.where(devices).over(minutes(1))}))`;

/** Packets with errors per second and network device, both ways. */
export const hostNetworkErrors = promql`sum by (instance, device) (
  rate(${nodeReceiveErrors.where(devices).over(minutes(5))}) + rate(${nodeSendErrors.where(devices).over(minutes(5))}))`;

/** Free space of each disk, ratio. One disk may be mounted in many places; what programs may use counts, not root's reserve. */
export const hostDiskFree = promql`min by (instance, device) (${nodeFilesystemAvailable} / ${nodeFilesystemSize})`;

/** Bytes that each disk will have free at the horizon if the last hour goes on; below 0: it will be full. */
const diskAtHorizon = promql`min by (instance, device) (
  predict_linear(${nodeFilesystemAvailable.over(hours(1))}, ${thresholds.hostDiskHorizon.seconds}))`;

const disk = { device: "/dev/vda", fstype: "ext4", mountpoint: "/" };
const free = (values: string) => series(nodeFilesystemAvailable.where(disk), values);
const size = (count: number) => series(nodeFilesystemSize.where(disk), `1000x${count}`);
const node = (values: string) => series(up.where({ job: "node", instance: "node:9100" }), values);
const load = (values: string) => series(nodeLoad1, values);
const cores = ["0", "1"].map((cpu) => series(nodeCpu.where({ cpu, mode: "idle" }), "0+15x80"));
const memory = (available: string) => [series(nodeMemoryAvailable, available), series(nodeMemoryTotal, "1000x40")];
const errors = (received: string, sent: string) => [
  series(nodeReceiveErrors.where({ device: "eth0" }), received),
  series(nodeSendErrors.where({ device: "eth0" }), sent),
];

export const hostAlerts: readonly Alert[] = [
  alert({
    name: "NodeDown",
    severity: "p2",
    service: "host",
    expr: promql`${up.where({ job: "node" })} == 0`,
    for: minutes(1),
    every,
    summary: "Nothing is known of the host {{ $labels.instance }} any more",
    description:
      "The node exporter has not answered for a minute: the host is down or cut off, or the exporter is. Nobody would see a full disk or memory now.",
    panel: panels.use.cpuUtilisation,
    fires: [{ series: [node("1x3 0x10")], at: seconds(130) }],
    silent: [
      { series: [node("1x3 0x10")], at: seconds(100) },
      // Its container was replaced.
      { series: [node("1x3 0x2 1x20")], at: minutes(4) },
    ],
    drill: { none: "a drill that takes the host away takes its own runner with it" },
  }),
  alert({
    name: "HostCpuSaturated",
    severity: "p3",
    service: "host",
    expr: promql`${hostLoadPerCore} > ${thresholds.hostLoad}`,
    for: minutes(10),
    every,
    summary: "{{ $value | humanize }} processes want each core of {{ $labels.instance }}",
    description: `More than ${thresholds.hostLoad} processes for each core, for ten minutes: everything on this host answers late.`,
    panel: panels.use.cpuSaturation,
    fires: [{ series: [load("4.1x60"), ...cores], at: minutes(11) }],
    silent: [
      { series: [load("4x60"), ...cores], at: minutes(11) },
      { series: [load("9x36 1x24"), ...cores], at: minutes(11) },
    ],
    drill: { none: "a busy host disturbs whatever else runs on it; drills measure time" },
  }),
  alert({
    name: "HostMemoryPressure",
    severity: "p2",
    service: "host",
    expr: promql`${hostMemoryAvailable} < ${thresholds.hostMemory}`,
    for: minutes(2),
    every,
    summary: "{{ $value | humanizePercentage }} of the memory of {{ $labels.instance }} is left",
    description: `Less than ${thresholds.hostMemory * 100} % of the memory can still be had. When it runs out, the kernel kills a process, and it may be MySQL.`,
    panel: panels.use.memoryUtilisation,
    fires: [{ series: memory("99x40"), at: minutes(3) }],
    silent: [
      { series: memory("100x40"), at: minutes(3) },
      { series: memory("50x7 500x33"), at: minutes(3) },
    ],
    drill: { none: "the memory of a shared host is not taken away from others" },
  }),
  alert({
    name: "HostDiskFillsSoon",
    severity: "p3",
    service: "host",
    // A disk with much room is not looked at: a large file that is being written would fill any disk if it went on.
    expr: promql`${hostDiskFree} < ${thresholds.hostDiskTrend} and ${diskAtHorizon} < 0`,
    // An hour of data decides, but a young stack has less: unpacking an image must not look like a trend.
    for: minutes(30),
    every,
    summary:
      "{{ $labels.device }} of {{ $labels.instance }} is full in a few hours; {{ $value | humanizePercentage }} is left",
    description: `If the last hour goes on, this disk is full within ${thresholds.hostDiskHorizon.toPromql()}. MySQL then refuses to write, and the journal stops.`,
    panel: panels.use.diskFree,
    // 300 of 1000 bytes are free; within 6 hours, that is 1440 steps, 0.25 a step are too many and 0.2 are not.
    fires: [{ series: [free("310-0.25x140"), size(140)], at: minutes(32) }],
    silent: [
      { series: [free("310-0.2x140"), size(140)], at: minutes(32) },
      { series: [free("900-1x140"), size(140)], at: minutes(32) },
      { series: [free("150x140"), size(140)], at: minutes(32) },
    ],
    drill: "disk-filling",
  }),
  alert({
    name: "HostDiskAlmostFull",
    severity: "p2",
    service: "host",
    expr: promql`${hostDiskFree} < ${thresholds.hostDisk}`,
    for: minutes(1),
    every,
    summary: "{{ $value | humanizePercentage }} of {{ $labels.device }} of {{ $labels.instance }} is free",
    description: `Less than ${thresholds.hostDisk * 100} % of this disk is free. When it is full, payments can no longer be written.`,
    panel: panels.use.diskFree,
    fires: [{ series: [free("99x20"), size(20)], at: minutes(2) }],
    silent: [
      { series: [free("100x20"), size(20)], at: minutes(2) },
      // A file system without a size, as some virtual ones are.
      {
        series: [free("0x20"), series(nodeFilesystemSize.where(disk), "0x20")],
        at: minutes(2),
      },
    ],
    drill: "disk-filling",
  }),
  alert({
    name: "HostNetworkErrors",
    severity: "p3",
    service: "host",
    expr: promql`${hostNetworkErrors} > ${thresholds.hostNetworkErrors}`,
    for: minutes(5),
    every,
    summary: "{{ $value | humanize }} packets a second fail on {{ $labels.device }} of {{ $labels.instance }}",
    description:
      "The network device drops packets as damaged. Requests are repeated and slow; a cable, a driver or the hypervisor is the cause, not this stack.",
    panel: panels.use.networkErrors,
    fires: [{ series: errors("0+10x60", "0+6x60"), at: minutes(11) }],
    silent: [
      { series: errors("0+10x60", "0+5x60"), at: minutes(11) },
      { series: errors("0x20 600x40", "0x60"), at: minutes(9) },
    ],
    drill: { none: "damaged packets cannot be made without another network driver" },
  }),
];
