import * as pulumi from "@pulumi/pulumi";
import type { Alert } from "../configs/alerts/alert";
import { containerAlerts } from "../configs/alerts/containers";
import { hostAlerts } from "../configs/alerts/host";
import { labelKeys } from "../configs/labels";
import { ports } from "../configs/ports";
import type { ScrapeTarget } from "../configs/roles";
import type { Settings } from "../configs/settings";
import { MiB, seconds } from "../configs/units";
import type { Platform, Ready } from "./platform/platform";
import { Probe, unhurried } from "./platform/probe";
import { hostAddress, hostName, type ServiceSpec } from "./platform/spec";

export interface HostAgentsArgs {
  readonly platform: Platform;
  readonly settings: Settings;
}

/** Those who watch the host and its containers. They alone see anything of the host, and none of it can they change. */
export class HostAgents extends pulumi.ComponentResource {
  readonly scrapeTargets: readonly ScrapeTarget[];
  readonly alerts: readonly Alert[] = [...hostAlerts, ...containerAlerts];
  readonly ready: readonly Ready[];

  constructor(name: string, { platform, settings }: HostAgentsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("medassist:index:HostAgents", name, {}, opts);
    this.scrapeTargets = [
      {
        job: "node",
        host: hostName,
        port: settings.ports.nodeExporter,
        path: "/metrics",
        interval: seconds(15),
        labels: { instance: "host" },
      },
      {
        job: "cadvisor",
        host: "cadvisor",
        port: ports.cadvisor,
        path: "/metrics",
        interval: seconds(15),
        labels: { instance: "host" },
        // Its own times would keep the series of a removed container alive for minutes.
        honorTimestamps: false,
        relabel: ownContainersOnly(settings.stack),
      },
    ];
    this.ready = [nodeExporter(settings.ports.nodeExporter), cadvisor].map((spec) =>
      platform.service(spec, { parent: this }),
    );
    this.registerOutputs({});
  }
}

function nodeExporter(port: number): ServiceSpec {
  const root = "/host";
  return {
    name: "node-exporter",
    image: "nodeExporter",
    command: [
      `--web.listen-address=${hostAddress}:${port}`,
      `--path.rootfs=${root}`,
      `--path.procfs=${root}/proc`,
      `--path.sysfs=${root}/sys`,
      // Containers' own mounts and interfaces come and go, and cAdvisor tells of them.
      "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys|var/lib/docker/.+|var/lib/containers/.+)($|/)",
      "--collector.netdev.device-exclude=^(veth|br-|docker|cni|flannel).*$",
      "--no-collector.arp",
      "--no-collector.netclass",
      "--no-collector.sockstat",
      "--no-collector.softnet",
      "--no-collector.schedstat",
      "--no-collector.timex",
    ],
    owner: { uid: 65534, gid: 65534 },
    networks: [],
    host: { mounts: [{ path: "/", mount: root }], network: true, processes: true },
    // It listens on one address of the host, which only the platform knows.
    probe: Probe.running(),
    awaited: false,
    memory: MiB(64),
    stopGrace: seconds(5),
  };
}

const stackLabel = label(labelKeys.stack);
const serviceLabel = label(labelKeys.service);

/** cAdvisor's name for a container's label. */
function label(key: string): string {
  return `container_label_${key.replace(/[^a-zA-Z0-9]/g, "_")}`;
}

const cadvisor: ServiceSpec = {
  name: "cadvisor",
  image: "cadvisor",
  command: [
    `--port=${ports.cadvisor}`,
    "--docker_only=true",
    "--store_container_labels=false",
    `--whitelisted_container_labels=${labelKeys.stack},${labelKeys.service}`,
    "--housekeeping_interval=10s",
    "--disable_metrics=advtcp,cpu_topology,cpuset,disk,diskIO,hugetlb,memory_numa,percpu,process,referenced_memory,resctrl,sched,tcp,udp",
  ],
  // It reads control groups and the engine's socket, which belong to root.
  owner: { uid: 0, gid: 0 },
  networks: ["monitoring"],
  host: {
    mounts: [
      { path: "/proc", mount: "/rootfs/proc" }, // without it, nothing about networks
      { path: "/var/lib/docker", mount: "/rootfs/var/lib/docker" },
      { path: "/var/lib/docker", mount: "/var/lib/docker" }, // without it, no names
      { path: "/var/run", mount: "/var/run" },
      { path: "/sys", mount: "/sys" },
    ],
    capabilities: ["SYSLOG"],
    // Where the kernel says whom it killed for want of memory.
    devices: ["/dev/kmsg"],
  },
  probe: Probe.http("/healthz", ports.cadvisor, unhurried),
  awaited: false,
  memory: MiB(128),
  stopGrace: seconds(5),
};

/** It sees every container of the host: those of other stacks, and the host's own groups, are left out. */
function ownContainersOnly(stack: string) {
  return [
    {
      source_labels: ["__name__", stackLabel],
      regex: `(machine|cadvisor|go|process|promhttp)_.*;|container_.*;${stack}`,
      action: "keep",
    },
    { source_labels: [serviceLabel], regex: "(.+)", target_label: "service" },
    { regex: "container_label_.*|id|image", action: "labeldrop" },
  ] as const;
}
