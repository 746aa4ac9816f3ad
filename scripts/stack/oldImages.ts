import { builtRepository, planImage } from "../../components/platform/docker/imagePlan";
import { imageNames } from "../../configs/images";
import type { ImageSource } from "../../configs/settings";
import { run, tryRun } from "../setup/run";

/** A build of another checkout or of a test may be about to be used: only what is older than this goes. */
const keptHours = 24;

/** Removes builds of our images that are neither of this version of the program nor used by any container. */
export async function removeOldImages(source: ImageSource): Promise<void> {
  const wanted = new Set(imageNames.map((name) => planImage(name, source).reference));
  const format = "{{.Repository}}:{{.Tag}}\t{{.CreatedAt}}";
  const { stdout } = await run("docker", ["image", "ls", "--filter", "reference=medassist/*", "--format", format]);
  const oldest = Date.now() - keptHours * 3_600_000;
  for (const line of stdout.split("\n")) {
    const [reference = "", created = ""] = line.split("\t");
    const ours = imageNames.some((name) => reference.startsWith(`${builtRepository(name)}:`));
    // "2026-11-23 03:36:01 +0000 UTC"
    const age = Date.parse(created.replace(/^(\S+) (\S+) ([+-]\d\d)(\d\d).*$/, "$1T$2$3:$4"));
    // Docker itself refuses to remove what a container uses.
    if (ours && !wanted.has(reference) && age < oldest) await tryRun("docker", ["image", "rm", reference]);
  }
}
