/**
 * What the tests of the offline images share: references, containers as the platform runs them (read-only root, no
 * capability, no new privileges), and the clean-up after each test.
 */
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import type { ImageName } from "../../configs/images";
import type { ImageSource } from "../../configs/settings";
import { ensureEngine } from "../../scripts/setup/engine";
import { ensureImages } from "../../scripts/setup/images";
import { consoleLog } from "../../scripts/setup/progress";

/** Longest time that everything may take which only a new machine needs: engine, base image, images. */
export const preparationLimit = 1_800_000;

/** The very images that `up` runs, under the same names; engine and images are made first if they are missing. */
export async function readyImages<N extends ImageName>(
  names: readonly N[],
  source: ImageSource,
): Promise<Record<N, string>> {
  await ensureEngine(consoleLog());
  return ensureImages(source, consoleLog(), names);
}

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly output: string;
}

export function tryDocker(args: readonly string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}): Result {
  const { stdout, stderr, status, error } = spawnSync("docker", args, {
    encoding: "utf8",
    timeout: 240_000,
    env: { ...process.env, ...options.env },
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  if (error !== undefined) throw error;
  return { status, stdout: stdout.trim(), output: `${stdout}${stderr}`.trim() };
}

export function docker(args: readonly string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}): string {
  const result = tryDocker(args, options);
  if (result.status !== 0) throw new Error(`docker ${args.slice(0, 3).join(" ")} …: ${result.output}`);
  return result.stdout;
}

/** Waits for a condition, never longer than the limit. */
export async function until(what: string, condition: () => boolean, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`gave up after ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const hardening = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
export const loaderCapabilities = ["CHOWN", "FOWNER", "DAC_OVERRIDE"].flatMap((name) => ["--cap-add", name]);

/**
 * Registers hooks that build the images before, and remove containers and volumes after each test.
 * @param names the images that the tests run
 */
export function imageBench(names: readonly ImageName[]) {
  const images = new Map<ImageName, string>();
  const containers: string[] = [];
  const volumes: string[] = [];
  let counter = 0;
  const unique = (what: string): string => `imgdev-${process.pid}-${what}-${++counter}`;
  const image = (name: ImageName): string => images.get(name) ?? expect.fail(`image ${name} was not built`);

  before(async function () {
    this.timeout(preparationLimit);
    const references = await readyImages(names, "offline");
    for (const name of names) images.set(name, references[name]);
  });
  afterEach(() => {
    for (const name of containers.splice(0)) tryDocker(["rm", "-f", "-v", name]);
    for (const name of volumes.splice(0)) tryDocker(["volume", "rm", "-f", name]);
  });

  function start(name: ImageName, options: readonly string[], args: readonly string[] = []): string {
    const container = unique(name);
    containers.push(container);
    docker(["run", "-d", "--name", container, ...hardening, ...options, image(name), ...args]);
    return container;
  }
  /** Runs to its end. */
  function once(name: ImageName, options: readonly string[], args: readonly string[] = []): Result {
    return tryDocker(["run", "--rm", "--name", unique(name), ...hardening, ...options, image(name), ...args]);
  }
  function volume(): string {
    const name = unique("volume");
    volumes.push(name);
    docker(["volume", "create", name]);
    return name;
  }
  /** A volume filled as the platform's loader does it: by root with three capabilities, for one user, mode 0400. */
  function volumeWith(name: ImageName, owner: string, files: Readonly<Record<string, string>>): string {
    const target = volume();
    for (const [path, text] of Object.entries(files)) {
      const script = `cat > /v/${path} && chmod 0400 /v/${path} && chown ${owner} /v /v/${path}`;
      const options = ["--rm", "-i", "--user", "0:0", ...hardening, ...loaderCapabilities, "-v", `${target}:/v`];
      docker(["run", ...options, "--entrypoint", "sh", image(name), "-c", script], { input: text });
    }
    return target;
  }
  const exec = (container: string, ...args: string[]): string => docker(["exec", container, ...args]);
  const answers = (container: string, ...args: string[]): boolean =>
    tryDocker(["exec", container, ...args]).status === 0;
  const logs = (container: string): string => tryDocker(["logs", container]).output;
  function stop(container: string): number {
    docker(["stop", "-t", "60", container]);
    return Number(docker(["inspect", "-f", "{{.State.ExitCode}}", container]));
  }
  return { image, unique, start, once, volume, volumeWith, exec, answers, logs, stop, containers };
}
