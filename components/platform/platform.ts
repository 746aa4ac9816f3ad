import type * as pulumi from "@pulumi/pulumi";
import type { GateSpec, JobSpec, RollGroupSpec, ServiceSpec } from "./spec";

/**
 * Something that is true from some moment of the `up` on: a service is healthy, a job has succeeded. What is created
 * after it names it in `after`; it is never a property of a resource, so nothing is dragged into a replacement.
 */
export interface Ready {
  readonly resources: pulumi.Output<pulumi.Resource[]>;
}

export interface PlaceOptions {
  /** The component that the resources belong to. */
  readonly parent: pulumi.Resource;
  /** What must be true before. */
  readonly after?: readonly Ready[];
}

/** What turns specs into resources. Every implementation gets the same specs. */
export interface Platform {
  service(spec: ServiceSpec, options: PlaceOptions): Ready;
  rollGroup(spec: RollGroupSpec, options: PlaceOptions): Ready;
  job(spec: JobSpec, options: PlaceOptions): Ready;
  gate(spec: GateSpec, options: PlaceOptions): Ready;
  /** The name of an image's content, for what must change with it (a tag; no digest, no id). */
  imageTag(image: ServiceSpec["image"]): string;
}
