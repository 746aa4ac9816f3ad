import { planImage } from "../../components/platform/docker/imagePlan";
import { type ImageName, imageNamesFrom } from "../../configs/images";
import type { ImageSource } from "../../configs/settings";
import { ensureBaseImage } from "./baseImage";
import { repoRoot } from "./paths";
import { type Log, step } from "./progress";
import { run, tryRun } from "./run";

/** Longest time that one image may take to be pulled or built, seconds. */
const timeLimitSeconds = 1200;

/**
 * Pulls or builds images under the very names that the program uses, so that `up` finds them.
 * @param names left out: all that can be had from there
 * @returns the reference of each
 */
export async function ensureImages(
  source: ImageSource,
  log: Log,
  names: readonly ImageName[] = imageNamesFrom(source),
): Promise<Record<string, string>> {
  if (source === "offline") await ensureBaseImage(log);
  const references: Record<string, string> = {};
  for (const name of names) references[name] = await ensureImage(name, source, log);
  return references;
}

async function ensureImage(name: ImageName, source: ImageSource, log: Log): Promise<string> {
  const plan = planImage(name, source);
  if ((await tryRun("docker", ["image", "inspect", "--format", "{{.Id}}", plan.reference])).code === 0)
    return plan.reference;
  if (plan.kind === "pull") {
    await step(log, `Pulling ${plan.reference}`, () =>
      run("docker", ["pull", "--quiet", plan.reference], { timeLimitSeconds }),
    );
  } else {
    if (plan.from) await ensureImage(plan.from, source, log);
    await step(log, `Building ${plan.reference}`, () =>
      buildImage(plan.context, plan.reference, plan.base, plan.target),
    );
  }
  return plan.reference;
}

/** Builds a folder of this project; `target` is a stage of its Dockerfile, the last one if left out. */
export async function buildImage(context: string, reference: string, base: string, target?: string): Promise<void> {
  const args = [
    "build",
    "--quiet",
    "--tag",
    reference,
    "--build-arg",
    `BASE=${base}`,
    ...(target ? ["--target", target] : []),
    context,
  ];
  // The builder that every engine has (no buildx where only the distribution's packages are).
  await run("docker", args, { cwd: repoRoot, env: { ...process.env, DOCKER_BUILDKIT: "0" }, timeLimitSeconds });
}
