/** What `up` and `preview` do before Pulumi starts. */

import { readImageSource } from "../../configs/imageSource";
import { images, upstreamReference } from "../../configs/images";
import type { ImageSource, Settings } from "../../configs/settings";
import { ensureBaseImage } from "../setup/baseImage";
import { ensureEngine, useEngine } from "../setup/engine";
import { SetupError } from "../setup/errors";
import { type Log, step } from "../setup/progress";
import { tryRun } from "../setup/run";
import type { StackOptions } from "./options";
import { busyPorts } from "./ports";
import { openSession, type PulumiSession } from "./session";
import { settingsOf, writeImageSource } from "./settings";

/**
 * Checks the settings, brings up the engine if need be, decides where images come from, and opens Pulumi.
 * @throws SetupError before any resource is touched
 */
export async function prepare(
  options: StackOptions,
  log: Log,
): Promise<{ session: PulumiSession; settings: Settings }> {
  settingsOf(options); // a wrong setting is said before anything is installed
  useEngine(await ensureEngine(log));
  await findImageSource(options.home, log);
  const settings = settingsOf(options);
  const busy = await busyPorts(settings);
  if (busy.length > 0) {
    throw new SetupError(
      busy.map((b) => `port ${b.port} is held by ${b.holder}`).join("; "),
      `end that program, or choose another port: pulumi config set medassist:${busy[0]?.setting} <port>`,
    );
  }
  if (settings.imageSource === "offline") await ensureBaseImage(log);
  return { session: await openSession(options, log), settings };
}

/** Finds out, once and for good, whether this engine reaches an image registry. */
export async function findImageSource(home: string, log: Log): Promise<ImageSource> {
  const known = readImageSource(home);
  if (known !== undefined) return known;
  const { haproxy } = images;
  if (haproxy.kind !== "upstream") throw new Error("the image that tries the registry must come from one");
  const reference = upstreamReference(haproxy);
  const source = await step(log, "Looking whether an image registry can be reached", async (): Promise<ImageSource> => {
    const pulled = await tryRun("docker", ["pull", "--quiet", reference], { timeLimitSeconds: 120 });
    return pulled.code === 0 ? "registry" : "offline";
  });
  log.line(
    source === "registry"
      ? "Images are pulled from their registry"
      : "No image registry can be reached: images are built here from packages (images/)",
  );
  writeImageSource(home, source);
  return source;
}
