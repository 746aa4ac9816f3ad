/** What `npm run doctor` says of a stack: its settings, its ports, its images. */
import { planImage } from "../../components/platform/docker/imagePlan";
import { readImageSource } from "../../configs/imageSource";
import { imageNames } from "../../configs/images";
import type { Settings } from "../../configs/settings";
import type { Check } from "../setup/checks";
import { SetupError } from "../setup/errors";
import { tryRun } from "../setup/run";
import type { StackOptions } from "./options";
import { busyPorts } from "./ports";
import { settingsOf } from "./settings";

/** @param engine whether the engine answers; without it, only the settings can be looked at */
export async function stackChecks(options: StackOptions, engine: boolean): Promise<Check[]> {
  const name = `settings of ${options.stack}`;
  let settings: Settings;
  try {
    settings = settingsOf(options);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return [{ name, ok: false, detail: error.problem, mend: error.mend ?? `edit ${options.settingsFile}` }];
  }
  const checks: Check[] = [{ name, ok: true, detail: `${settings.replicas} replicas` }];
  if (!engine) return checks;
  return [...checks, ...(await checkPorts(settings)), await checkImages(settings, options)];
}

async function checkPorts(settings: Settings): Promise<Check[]> {
  const busy = await busyPorts(settings);
  if (busy.length === 0)
    return [
      { name: "ports", ok: true, detail: `${Object.values(settings.ports).join(", ")} free, or this stack's own` },
    ];
  return busy.map(({ port, setting, holder }) => ({
    name: `port ${port}`,
    ok: false,
    detail: `held by ${holder}`,
    mend: `end that program, or set medassist:${setting} to another port`,
  }));
}

/** Images that are not there yet are no fault: `up` pulls or builds them. */
async function checkImages(settings: Settings, options: StackOptions): Promise<Check> {
  const found = readImageSource(options.home);
  const missing: string[] = [];
  for (const name of imageNames) {
    const { reference } = planImage(name, settings.imageSource);
    if ((await tryRun("docker", ["image", "inspect", "--format", "{{.Id}}", reference])).code !== 0) missing.push(name);
  }
  const source = `${settings.imageSource}${found || settings.imageSource === "offline" ? "" : ' (not yet known: "npm run up" finds out)'}`;
  const detail =
    missing.length === 0
      ? `all there, source ${source}`
      : `source ${source}; "npm run up" makes: ${missing.join(", ")}`;
  return { name: "images", ok: true, detail };
}
