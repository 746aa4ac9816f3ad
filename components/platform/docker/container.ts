/** House rules of containers, once (docs/traps.md). */
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labelKeys, logLabels } from "../../../configs/labels";
import { containerLog } from "../../../configs/limits";
import { type Duration, seconds } from "../../../configs/units";
import type { NetworkName, ServiceSpec } from "../spec";

type Role = "service" | "loader" | "job";

/** Properties that the provider would change without changing the container: a change of them must replace it. */
const replacedOnChange = ["healthcheck", "tmpfs", "init", "mounts", "cpuPeriod", "cpuQuota"];

/** The engine writes these labels beside every line, so whoever reads the files need not ask it whose they are. */
const logging = {
  logDriver: "json-file",
  logOpts: {
    "max-size": `${containerLog.file.mebibytes}m`,
    "max-file": String(containerLog.files),
    labels: logLabels.join(","),
  },
};

/** @param networks by name, or `host` or `none`, as the engine says it */
const labelsOf = (stack: string, service: string, role: Role, networks: readonly (NetworkName | "host" | "none")[]) => [
  { label: labelKeys.stack, value: stack },
  { label: labelKeys.service, value: service },
  { label: labelKeys.role, value: role },
  { label: labelKeys.networks, value: [...networks].sort().join(",") },
];

/** What a service's container is told, besides image, files and what depends on other resources. */
export function serviceRules(
  stack: string,
  spec: ServiceSpec,
): Omit<docker.ContainerArgs, "image"> & { labels: { label: string; value: pulumi.Input<string> }[] } {
  const { timing } = spec.probe;
  return {
    name: `${stack}-${spec.name}`,
    hostname: spec.name,
    ...(spec.entrypoint ? { entrypoints: [...spec.entrypoint] } : {}),
    ...(spec.command ? { command: [...spec.command] } : {}),
    user: `${spec.owner.uid}:${spec.owner.gid}`,
    envs: Object.entries(spec.env ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .sort(),
    labels: labelsOf(stack, spec.name, "service", spec.host?.network ? ["host"] : spec.networks),
    ports: (spec.publish ?? []).map((p) => ({
      internal: p.internal,
      external: p.external,
      ip: p.address,
      protocol: "tcp",
    })),
    healthcheck: {
      tests: [...spec.probe.healthcheckFor(spec.image)],
      interval: timing.interval.toGo(),
      timeout: timing.timeout.toGo(),
      startPeriod: timing.startPeriod.toGo(),
      retries: timing.retries,
    },
    readOnly: true,
    tmpfs: Object.fromEntries((spec.tmpfs ?? []).map(({ mount, owner }) => [mount, tmpfsOptions(owner)])),
    ...capabilitiesOf(spec),
    ...(spec.host?.processes ? { pidMode: "host" } : {}),
    ...(spec.host?.devices
      ? { devices: spec.host.devices.map((path) => ({ hostPath: path, containerPath: path, permissions: "r" })) }
      : {}),
    // Docker adds the second one itself where the host's processes are seen; unsaid, it would be a difference at each `up`.
    securityOpts: ["no-new-privileges:true", ...(spec.host?.processes ? ["label=disable"] : [])],
    init: false,
    restart: "unless-stopped",
    memory: spec.memory.mebibytes,
    memorySwap: spec.memory.mebibytes,
    ...stopWithin(spec.stopGrace),
    ...logging,
  };
}

const capabilitiesOf = ({ host }: ServiceSpec) => ({
  capabilities: { drops: ["ALL"], ...(host?.capabilities ? { adds: host.capabilities.map((c) => `CAP_${c}`) } : {}) },
});

function tmpfsOptions(owner: ServiceSpec["owner"] | undefined): string {
  return owner ? `mode=0700,uid=${owner.uid},gid=${owner.gid},noexec,nosuid,nodev` : "mode=1777,noexec,nosuid,nodev";
}

/** Without it, the provider kills (docs/traps.md, Grace). */
const stopWithin = (grace: Duration) => ({ destroyGraceSeconds: grace.wholeSeconds, stopTimeout: grace.wholeSeconds });

/** Options of a service's container. */
export function serviceOptions(
  parent: pulumi.Resource,
  after: readonly pulumi.Output<pulumi.Resource[]>[],
): pulumi.CustomResourceOptions {
  return { parent, deleteBeforeReplace: true, replaceOnChanges: replacedOnChange, dependsOn: flatten(after) };
}

/** What loaders and jobs have in common: they run once, `up` waits for their end, their output is kept. */
export function oneShotRules(stack: string, name: string, role: "loader" | "job", networks: readonly NetworkName[]) {
  return {
    name: `${stack}-${name}`,
    labels: labelsOf(stack, name, role, networks.length > 0 ? networks : ["none"]),
    attach: true,
    logs: true,
    mustRun: false,
    restart: "no",
    securityOpts: ["no-new-privileges:true"],
    ...stopWithin(seconds(10)),
    ...logging,
  };
}

/** Options of a loader or job; it runs again when one of the named properties changes. */
export function oneShotOptions(
  parent: pulumi.Resource,
  after: readonly pulumi.Output<pulumi.Resource[]>[],
  rerunOn: readonly string[],
): pulumi.CustomResourceOptions {
  return { parent, deleteBeforeReplace: true, replaceOnChanges: [...rerunOn], dependsOn: flatten(after) };
}

const flatten = (lists: readonly pulumi.Output<pulumi.Resource[]>[]) =>
  pulumi.all([...lists]).apply((all) => all.flat());
