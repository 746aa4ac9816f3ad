/** What images are called and made of, decided without a look at the engine. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import dockerignore from "@balena/dockerignore";
import { type ImageName, images, type OwnImage, type UpstreamImage, upstreamReference } from "../../../configs/images";
import type { ImageSource } from "../../../configs/settings";
import { baseImageReference } from "../../../images/base/recipe";

/** How an image comes to be. */
export type ImagePlan =
  | { readonly kind: "pull"; readonly reference: string; readonly tag: string }
  | {
      readonly kind: "build";
      readonly reference: string;
      readonly tag: string;
      readonly context: string;
      readonly base: string;
      readonly from: ImageName | undefined;
      /** Stage of the Dockerfile; the last one if undefined. */
      readonly target: string | undefined;
    };

/** What images that are built here are called on the engine, before the colon. Docker wants lower case. */
export const builtRepository = (name: ImageName): string =>
  `medassist/${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/**
 * What an image is called, and how it is made where it comes from `source`. Folders are taken from the project's own.
 * @throws Error when it cannot be had from there
 */
export function planImage(name: ImageName, source: ImageSource): ImagePlan {
  const image = images[name];
  if (image.kind === "upstream" && source === "registry") {
    return { kind: "pull", reference: upstreamReference(image), tag: image.tag };
  }
  const made = image.kind === "own" ? ownBuild(image, source) : offlineBuild(name, image);
  const tag = hashFolder(made.context, made.base);
  return { kind: "build", reference: `${builtRepository(name)}:${tag}`, tag, ...made };
}

const ownBuild = (image: OwnImage, source: ImageSource) => ({
  context: image.context,
  base: planImage(image.from, source).reference,
  from: image.from,
  target: image.target,
});

function offlineBuild(name: ImageName, image: UpstreamImage) {
  if (image.offline === undefined) {
    throw new Error(`the image ${name} cannot be built here: it is only to be had where an image registry is reached`);
  }
  return { context: image.offline, base: baseImageReference(), from: undefined, target: undefined };
}

/** Hash of a build context (less what its .dockerignore leaves out) and of the base it is built on: 12 hex digits. */
export function hashFolder(folder: string, base: string): string {
  const hash = createHash("sha256").update(base);
  const ignored = dockerignore();
  try {
    ignored.add(readFileSync(join(folder, ".dockerignore"), "utf8"));
  } catch {
    // no such file: everything counts
  }
  const walk = (relative: string): void => {
    for (const entry of readdirSync(join(folder, relative), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = relative === "" ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      // The engine reads the Dockerfile whatever .dockerignore says of it.
      else if (path === "Dockerfile" || !ignored.ignores(path)) {
        const file = join(folder, path);
        hash.update(JSON.stringify([path, (statSync(file).mode & 0o111) !== 0])).update(readFileSync(file));
      }
    }
  };
  walk("");
  return hash.digest("hex").slice(0, 12);
}
