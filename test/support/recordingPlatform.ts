import * as pulumi from "@pulumi/pulumi";
import { planImage } from "../../components/platform/docker/imagePlan";
import type { PlaceOptions, Platform, Ready } from "../../components/platform/platform";
import type { FileSet, GateSpec, JobSpec, RollGroupSpec, ServiceSpec } from "../../components/platform/spec";
import type { ImageSource } from "../../configs/settings";

/** A platform that runs nothing: it keeps what it is asked for. What a component cannot say in a spec is missed here. */
export class RecordingPlatform implements Platform {
  constructor(private readonly imageSource: ImageSource) {}

  readonly single: ServiceSpec[] = [];
  readonly rollGroups: RollGroupSpec[] = [];
  readonly jobs: JobSpec[] = [];
  readonly gates: GateSpec[] = [];
  /** Of everything that was asked for: the component it belongs to. */
  readonly parents: PlaceOptions["parent"][] = [];

  /** Every service, replicas too. */
  get services(): ServiceSpec[] {
    return [...this.single, ...this.rollGroups.flatMap((group) => group.replicas)];
  }

  /** Every set of files that a service or a job reads, once. */
  get fileSets(): FileSet[] {
    const sets = [...this.services, ...this.jobs].flatMap((spec) => spec.files ?? []);
    return [...new Set(sets.flatMap((set) => [set, ...(set.needs ?? [])]))];
  }

  service(spec: ServiceSpec, options: PlaceOptions): Ready {
    return this.record(this.single, spec, options);
  }

  rollGroup(spec: RollGroupSpec, options: PlaceOptions): Ready {
    return this.record(this.rollGroups, spec, options);
  }

  job(spec: JobSpec, options: PlaceOptions): Ready {
    return this.record(this.jobs, spec, options);
  }

  gate(spec: GateSpec, options: PlaceOptions): Ready {
    return this.record(this.gates, spec, options);
  }

  imageTag(image: ServiceSpec["image"]): string {
    return planImage(image, this.imageSource).tag;
  }

  private record<T>(list: T[], spec: T, { parent }: PlaceOptions): Ready {
    list.push(spec);
    this.parents.push(parent);
    return { resources: pulumi.output([]) };
  }
}
