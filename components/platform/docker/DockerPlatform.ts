import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { labelKeys } from "../../../configs/labels";
import type { ImageSource } from "../../../configs/settings";
import { seconds } from "../../../configs/units";
import type { PlaceOptions, Platform, Ready } from "../platform";
import {
  type FileSet,
  type GateSpec,
  hostAddress,
  hostName,
  type JobSpec,
  type NetworkName,
  type RollGroupSpec,
  type ServiceSpec,
} from "../spec";
import { waves } from "../waves";
import { oneShotOptions, oneShotRules, serviceOptions, serviceRules } from "./container";
import { type Delivered, deliver } from "./delivery";
import { failure } from "./failure";
import { passes } from "./gate";
import { lookAhead, untilWell } from "./health";
import { planImage } from "./imagePlan";
import { Images } from "./images";

export interface DockerPlatformArgs {
  /** First part of every name on the engine. */
  readonly stack: string;
  readonly imageSource: ImageSource;
}

/** One Docker engine: networks, images, and containers that follow the house rules. */
export class DockerPlatform extends pulumi.ComponentResource implements Platform {
  private readonly images: Images;
  private readonly networks: Readonly<Record<NetworkName, docker.Network>>;
  private readonly delivered = new Map<string, Delivered>();
  private readonly volumes = new Map<string, docker.Volume>();

  constructor(
    name: string,
    private readonly args: DockerPlatformArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("medassist:index:DockerPlatform", name, {}, opts);
    if (!pulumi.runtime.isDryRun()) lookAhead(args.stack);
    const network = (role: NetworkName) =>
      new docker.Network(
        role,
        { name: `${args.stack}-${role}`, driver: "bridge", labels: [{ label: labelKeys.stack, value: args.stack }] },
        { parent: this },
      );
    // The slowest to create: the provider waits 2 s for each (docs/traps.md, Networks).
    this.networks = { medassist: network("medassist"), monitoring: network("monitoring") };
    this.images = new Images(args.imageSource, this);
    this.registerOutputs({});
  }

  imageTag(image: ServiceSpec["image"]): string {
    return planImage(image, this.args.imageSource).tag;
  }

  service(spec: ServiceSpec, { parent, after = [] }: PlaceOptions): Ready {
    return this.run(spec, parent, after, seconds(0));
  }

  rollGroup(spec: RollGroupSpec, { parent, after = [] }: PlaceOptions): Ready {
    let last: readonly Ready[] = after;
    for (const wave of waves(spec.replicas)) {
      const before = last;
      last = wave.map((replica) => this.run(replica, parent, before, spec.minimumUptime));
    }
    return together(last);
  }

  job(spec: JobSpec, { parent, after = [] }: PlaceOptions): Ready {
    const files = spec.files.map((set) => this.deliverOnce(set, parent));
    const job = new docker.Container(
      spec.name,
      {
        ...oneShotRules(this.args.stack, spec.name, "job", spec.networks),
        image: this.images.id(spec.image),
        command: [...spec.command],
        user: `${spec.owner.uid}:${spec.owner.gid}`,
        envs: Object.entries(spec.env)
          .map(([key, value]) => `${key}=${value}`)
          .sort(),
        readOnly: true,
        capabilities: { drops: ["ALL"] },
        memory: spec.memory.mebibytes,
        memorySwap: spec.memory.mebibytes,
        networksAdvanced: spec.networks.map((n) => ({ name: this.networks[n].name })),
        volumes: files.map((d) => ({ volumeName: d.volume.name, containerPath: d.set.mount, readOnly: true })),
      },
      oneShotOptions(parent, [...after.map((r) => r.resources), ...files.map((d) => d.loaded)], []),
    );
    const succeeded = pulumi.all([job.exitCode, job.containerLogs]).apply(([status, log]) => {
      if (status !== 0 && !pulumi.runtime.isDryRun()) {
        throw failure(`${spec.name} failed (status ${status}):\n${(log ?? "").trim().replace(/^/gm, "    ")}`);
      }
      return [job as pulumi.Resource];
    });
    return { resources: succeeded };
  }

  gate(spec: GateSpec, { after = [] }: PlaceOptions): Ready {
    const all = together(after).resources;
    // Nothing to register: a gate is a question, asked at every `up`.
    return {
      resources: all.apply(async () => {
        if (!pulumi.runtime.isDryRun()) await passes(spec);
        return [];
      }),
    };
  }

  private run(spec: ServiceSpec, parent: pulumi.Resource, after: readonly Ready[], minimumUptime = seconds(0)): Ready {
    const files = (spec.files ?? []).map((set) => this.deliverOnce(set, parent));
    const rules = serviceRules(this.args.stack, spec);
    const container = new docker.Container(
      spec.name,
      {
        ...rules,
        image: this.images.id(spec.image),
        labels: [...rules.labels, ...restartLabels(files)],
        ...this.command(spec),
        ...(spec.host?.network
          ? { networkMode: "host" }
          : { networksAdvanced: spec.networks.map((n) => ({ name: this.networks[n].name, aliases: [spec.name] })) }),
        ...(spec.reachesHost ? { hosts: [{ host: hostName, ip: this.hostAddress() }] } : {}),
        volumes: [
          ...files.map((d) => ({ volumeName: d.volume.name, containerPath: d.set.mount, readOnly: true })),
          ...(spec.directories ?? []).map((d) => ({
            volumeName: this.directory(d.name, parent),
            containerPath: d.mount,
          })),
          ...(spec.data ?? []).map((d) => ({ volumeName: this.dataVolume(d, parent), containerPath: d.mount })),
          ...(spec.host?.mounts ?? []).map((m) => ({ hostPath: m.path, containerPath: m.mount, readOnly: true })),
        ],
      },
      serviceOptions(parent, [...after.map((r) => r.resources), ...files.map((d) => d.loaded)]),
    );
    const well = container.id.apply(async (id) => {
      if (!pulumi.runtime.isDryRun()) {
        const healthy = spec.awaited ?? true;
        await untilWell({ id, name: spec.name, healthy, minimumUptime, within: spec.probe.patience });
      }
      return [container as pulumi.Resource];
    });
    return { resources: well };
  }

  /** The host's own address on the network `monitoring`: the bridge, which only its containers and the host reach. */
  private hostAddress(): pulumi.Output<string> {
    return this.networks.monitoring.ipamConfigs.apply((configs) => {
      const gateway = configs?.find((c) => c.gateway)?.gateway;
      if (gateway === undefined && !pulumi.runtime.isDryRun())
        throw failure("The network `monitoring` has no gateway, so nobody on it reaches the host.");
      return gateway ?? hostAddress;
    });
  }

  private command({ command }: ServiceSpec): { command?: pulumi.Input<string>[] } {
    if (!command?.some((word) => word.includes(hostAddress))) return {};
    const address = this.hostAddress();
    return {
      command: command.map((word) =>
        word.includes(hostAddress) ? address.apply((text) => word.replaceAll(hostAddress, text)) : word,
      ),
    };
  }

  private deliverOnce(set: FileSet, parent: pulumi.Resource): Delivered {
    const existing = this.delivered.get(set.name);
    if (existing?.set === set) return existing;
    if (existing) throw new Error(`two different sets of files are named ${set.name}`);
    const delivered = deliver(set, {
      stack: this.args.stack,
      parent,
      image: this.images.id(set.image),
      needs: (set.needs ?? []).map((needed) => this.deliverOnce(needed, parent)),
      directory: (name) => this.directory(name, parent),
      network: (name) => this.networks[name].name,
    });
    this.delivered.set(set.name, delivered);
    return delivered;
  }

  private directory(name: string, parent: pulumi.Resource): pulumi.Output<string> {
    return this.volume(name, () => new docker.Volume(name, { name: `${this.args.stack}-${name}` }, { parent })).name;
  }

  /** Every input of a volume, labels too, would delete the data when changed: so all of them are frozen. */
  private dataVolume(data: NonNullable<ServiceSpec["data"]>[number], parent: pulumi.Resource): pulumi.Output<string> {
    const create = () =>
      new docker.Volume(
        data.name,
        { name: `${this.args.stack}-${data.name}`, labels: [{ label: labelKeys.stack, value: this.args.stack }] },
        {
          parent,
          protect: data.protect,
          dependsOn: [...data.openedBy],
          ignoreChanges: ["labels", "driver", "driverOpts"],
        },
      );
    return this.volume(data.name, create).name;
  }

  private volume(name: string, create: () => docker.Volume): docker.Volume {
    const volume = this.volumes.get(name) ?? create();
    this.volumes.set(name, volume);
    return volume;
  }
}

/** Files that a service reads only when it starts: a label that changes with them replaces the container. */
function restartLabels(files: readonly Delivered[]) {
  return files
    .filter((d) => d.set.reload.kind === "restart")
    .map((d) => ({ label: `${labelKeys.files}.${d.set.name}`, value: d.fingerprint }));
}

/** One `Ready` for several. */
function together(all: readonly Ready[]): Ready {
  return { resources: pulumi.all(all.map((r) => r.resources)).apply((lists) => lists.flat()) };
}
