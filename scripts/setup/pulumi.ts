import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { arch, platform, totalmem } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { cacheKey, missingFrom, publish, sourceFiles } from "./cache";
import { SetupError } from "./errors";
import { cacheRoot, type PinnedVersions, type PluginName, pinnedVersions, pluginNames } from "./paths";
import { withLock } from "./plain/lock.mjs";
import { compareVersions, parseVersion } from "./plain/versions.mjs";
import { type Log, step } from "./progress";
import { type Env, findOnPath, type RunResult, run, tryRun } from "./run";
import { buildToolchain, checkCanBuild, recipe, toolchainFolder } from "./toolchain";

/** A Pulumi CLI that can run this program, and how it gets its plugins. */
export interface PulumiTools {
  /** Folder of `pulumi` and its language host; put in front of PATH by pulumiEnvironment. */
  readonly binDir: string;
  /** Where it was found, or how it was made just now. */
  readonly source: "path" | "cache" | "installer" | "toolchain";
  /** "3.248.0" */
  readonly version: string;
  /** beside: in binDir, and nowhere else; pulumi: in Pulumi's own plugin folder, as usual. */
  readonly plugins: "beside" | "pulumi";
}

const INSTALLER = "https://get.pulumi.com/install.sh";
const PROBE_SECONDS = 5;
const INSTALLED_PROGRAMS = ["pulumi", "pulumi-language-nodejs"];

/**
 * Finds or makes a Pulumi CLI for this program: the one on PATH, one made before, the official installer, or a build
 * from Go modules. Everything made goes to the user's cache, shared by all clones.
 * @throws SetupError when none of these is possible here; the message says what to install
 */
export async function ensurePulumi(log: Log): Promise<PulumiTools> {
  const versions = pinnedVersions();
  return (
    (await pulumiOnPath(versions, log)) ??
    (await pulumiInCache(versions)) ??
    (await install(versions, log)) ??
    (await build(versions, log))
  );
}

/** Like ensurePulumi, but only looks: undefined when there is nothing yet. Nothing is installed or downloaded. */
export async function findPulumi(): Promise<PulumiTools | undefined> {
  const versions = pinnedVersions();
  return (await pulumiOnPath(versions)) ?? (await pulumiInCache(versions));
}

/**
 * The environment in which these tools work: to be used for every call of `pulumi`, also by the automation API.
 * Backend and passphrase are the caller's business.
 */
export function pulumiEnvironment(tools: PulumiTools, base: Env = process.env): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) if (value !== undefined) env[name] = value;
  if (tools.source !== "path") {
    env.PATH = [tools.binDir, base.PATH].filter((part) => part).join(delimiter);
    env.PULUMI_SKIP_UPDATE_CHECK = "true"; // the version is ours to choose
  }
  if (tools.plugins === "beside") {
    env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION = "true";
    delete env.PULUMI_IGNORE_AMBIENT_PLUGINS; // the plugins are on PATH only
  }
  return env;
}

/**
 * A Pulumi home of our own, with the built plugins where Pulumi keeps plugins. Found on PATH, they would do as well,
 * but Pulumi warns of each at every command.
 * @returns variables to add to the environment; none if the plugins are in Pulumi's own folder already
 */
export function homeWithPlugins(tools: PulumiTools, home: string, versions = pinnedVersions()): Record<string, string> {
  if (tools.plugins !== "beside" || tools.source === "path") return {};
  for (const name of pluginNames) {
    const folder = join(home, "plugins", `resource-${name}-v${versions[name]}`);
    const program = `pulumi-resource-${name}`;
    mkdirSync(folder, { recursive: true });
    rmSync(join(folder, program), { force: true }); // it may lead to an entry of the cache that is gone
    symlinkSync(join(tools.binDir, program), join(folder, program));
  }
  return { PULUMI_HOME: home, PULUMI_IGNORE_AMBIENT_PLUGINS: "true" };
}

/**
 * Whether a CLI can run a program written for the SDK `wanted`: the same major version, and not an older minor one
 * (a CLI understands older SDKs, not newer ones).
 */
export function acceptsVersion(found: string, wanted: string): boolean {
  const [has, needs] = [parseVersion(found), parseVersion(wanted)];
  return has !== undefined && needs !== undefined && has[0] === needs[0] && has[1] >= needs[1];
}

/** (a) The person's own CLI, if its version fits and the plugins are there or can be fetched. */
async function pulumiOnPath(versions: PinnedVersions, log?: Log): Promise<PulumiTools | undefined> {
  const command = findOnPath("pulumi");
  if (command === undefined) return undefined;
  const version = (await tryRun(command, ["version"], { env: quietEnvironment() })).stdout.trim().replace(/^v/, "");
  if (!acceptsVersion(version, versions.pulumi)) {
    log?.line(
      `Pulumi ${version || "(unknown version)"} on PATH is not used: ${versions.pulumi} or a newer 3.x is needed`,
    );
    return undefined;
  }
  if (!findOnPath("pulumi-language-nodejs")) {
    log?.line(`Pulumi on PATH (${command}) is not used: pulumi-language-nodejs is not beside it`);
    return undefined;
  }
  const tools = { binDir: dirname(command), source: "path", version } as const;
  if (pluginNames.every((name) => findOnPath(`pulumi-resource-${name}`))) return { ...tools, plugins: "beside" };
  const problem = await providePlugins(command, versions, log);
  if (problem === undefined) return { ...tools, plugins: "pulumi" };
  log?.line(`Pulumi on PATH (${command}) is not used: its plugins are missing. ${problem}`);
  return undefined;
}

/** (b) What an earlier run installed or built. */
async function pulumiInCache(versions: PinnedVersions): Promise<PulumiTools | undefined> {
  const source = "cache";
  const version = versions.pulumi;
  const built = builtEntry(versions);
  if (missingFrom(built.folder, built.programs).length === 0) {
    return { binDir: join(built.folder, "bin"), source, version, plugins: "beside" };
  }
  const installed = installedEntry(versions);
  if (missingFrom(installed, INSTALLED_PROGRAMS).length > 0) return undefined;
  const binDir = join(installed, "bin");
  // Its plugins live in Pulumi's own folder, which may have been emptied since.
  if ((await providePlugins(join(binDir, "pulumi"), versions)) !== undefined) return undefined;
  return { binDir, source, version, plugins: "pulumi" };
}

/** (c) The official installer, where it can be reached. */
async function install(versions: PinnedVersions, log: Log): Promise<PulumiTools | undefined> {
  const script = await fetchInstaller();
  if (script === undefined) return undefined;
  const folder = installedEntry(versions);
  try {
    await underLock(log, () =>
      step(log, `Installing Pulumi ${versions.pulumi} with its official installer (about a minute, once)`, async () => {
        if (missingFrom(folder, INSTALLED_PROGRAMS).length > 0) {
          await publish(folder, INSTALLED_PROGRAMS, async (workshop, bin) => {
            const file = join(workshop, "install.sh");
            writeFileSync(file, script);
            const args = [file, "--no-edit-path", "--install-root", dirname(bin), "--version", versions.pulumi];
            await run("sh", args, { timeLimitSeconds: 600 });
          });
        }
        const problem = await providePlugins(join(folder, "bin", "pulumi"), versions, log);
        if (problem !== undefined) throw new SetupError(problem);
      }),
    );
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    log.line(`The official Pulumi installer did not succeed, so it is built instead. ${error.message}`);
    return undefined;
  }
  return { binDir: join(folder, "bin"), source: "installer", version: versions.pulumi, plugins: "pulumi" };
}

/** (d) A build from Go modules. */
async function build(versions: PinnedVersions, log: Log): Promise<PulumiTools> {
  const { folder, programs } = builtEntry(versions);
  await checkCanBuild(folder);
  await underLock(log, async () => {
    if (missingFrom(folder, programs).length === 0) return; // another process has just built it
    await step(log, "Building the Pulumi CLI and its plugins from Go modules (6 to 12 minutes, once)", (note) =>
      publish(folder, programs, (workshop, bin) =>
        buildToolchain(recipe(versions), workshop, bin, totalmem() / 2 ** 30, note),
      ),
    );
  });
  return { binDir: join(folder, "bin"), source: "toolchain", version: versions.pulumi, plugins: "beside" };
}

/**
 * Makes sure that the plugins are in Pulumi's plugin folder, fetching them if need be (without a log it only looks).
 * @returns what is in the way, or undefined when they are there
 */
async function providePlugins(command: string, versions: PinnedVersions, log?: Log): Promise<string | undefined> {
  const listed = await tryRun(command, ["plugin", "ls", "--json"], { env: quietEnvironment() });
  const missing = missingPlugins(listed, versions);
  if (!log && missing.length > 0) return `plugins missing: ${missing.join(", ")}`;
  for (const name of missing) {
    const args = ["plugin", "install", "resource", name, versions[name]];
    const result = await tryRun(command, args, { env: quietEnvironment(), timeLimitSeconds: 180 });
    if (result.code !== 0) return `pulumi ${args.join(" ")}: ${result.stderr.trim().split("\n").at(-1) ?? "failed"}`;
  }
  return undefined;
}

/** Which of the plugins `pulumi plugin ls --json` does not list in exactly the pinned version (others are not used). */
export function missingPlugins(listed: RunResult, versions: PinnedVersions): PluginName[] {
  let installed: { name?: string; version?: string }[] = [];
  try {
    if (listed.code === 0) installed = JSON.parse(listed.stdout) as typeof installed;
  } catch {
    // an unreadable list is an empty one: the plugins are then asked for
  }
  return pluginNames.filter(
    (name) =>
      !installed.some(
        (plugin) => plugin.name === name && plugin.version && compareVersions(plugin.version, versions[name]) === 0,
      ),
  );
}

async function fetchInstaller(): Promise<string | undefined> {
  // The tools that the installer itself needs; they also know the site's HTTP proxy, which Node does not.
  const fetched = findOnPath("curl")
    ? await tryRun("curl", ["-fsSL", "--max-time", String(PROBE_SECONDS), INSTALLER], {
        timeLimitSeconds: PROBE_SECONDS + 1,
      })
    : await tryRun("wget", ["-qO-", `--timeout=${PROBE_SECONDS}`, "--tries=1", INSTALLER], {
        timeLimitSeconds: PROBE_SECONDS + 1,
      });
  // A site's own "blocked" page is not a script.
  return fetched.code === 0 && fetched.stdout.startsWith("#!") ? fetched.stdout : undefined;
}

function installedEntry(versions: PinnedVersions): string {
  return join(cacheRoot(), "pulumi", `installer-${versions.pulumi}-${platform()}-${arch()}`);
}

function builtEntry(versions: PinnedVersions): { folder: string; programs: string[] } {
  const programs = recipe(versions);
  const key = cacheKey(sourceFiles(toolchainFolder), { programs, platform: platform(), arch: arch() });
  return { folder: join(cacheRoot(), "pulumi", key), programs: programs.map((program) => program.name) };
}

function underLock<T>(log: Log, work: () => Promise<T>): Promise<T> {
  return withLock(join(cacheRoot(), "pulumi.lock"), work, (pid) =>
    log.line(`Waiting for process ${pid}, which is preparing Pulumi for this user`),
  );
}

function quietEnvironment(): Env {
  return { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
}
