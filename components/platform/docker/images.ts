/** Images: pulled by digest, or built here under a tag that is the hash of what went into them. */
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { ImageName } from "../../../configs/images";
import type { ImageSource } from "../../../configs/settings";
import { planImage } from "./imagePlan";

/** The images of one stack, each declared once, when first asked for. */
export class Images {
  private readonly declared = new Map<ImageName, docker.RemoteImage>();

  constructor(
    private readonly source: ImageSource,
    private readonly parent: pulumi.Resource,
  ) {}

  /** Id of the image's content on the engine. */
  id(name: ImageName): pulumi.Output<string> {
    return this.resource(name).imageId;
  }

  private resource(name: ImageName): docker.RemoteImage {
    const existing = this.declared.get(name);
    if (existing) return existing;
    const plan = planImage(name, this.source);
    const build =
      plan.kind === "build"
        ? {
            build: {
              context: plan.context,
              buildArgs: { BASE: plan.base },
              ...(plan.target ? { target: plan.target } : {}),
              useLegacyBuilder: true,
              remove: true,
              forceRemove: true,
            },
          }
        : {};
    const image = new docker.RemoteImage(
      `${name}-image`,
      // Kept, since another stack of this engine may use it: `npm run up` removes what nobody has used for long.
      { name: plan.reference, keepLocally: true, ...build },
      { parent: this.parent, ...(plan.kind === "build" && plan.from ? { dependsOn: [this.resource(plan.from)] } : {}) },
    );
    this.declared.set(name, image);
    return image;
  }
}
