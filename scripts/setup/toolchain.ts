import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "./errors";
import { freeGiB, type PinnedVersions, type PluginName, pluginNames, repoRoot } from "./paths";
import { atLeast } from "./plain/versions.mjs";
import { CommandFailed, type Env, findOnPath, run, tryRun } from "./run";

/** The Go sources of everything that is built here; see its README. */
export const toolchainFolder = join(repoRoot, "toolchain");

const NEEDED_GO = "1.26";
/** Modules (3.0), build cache (3.3) and the programs (0.3), measured on an empty machine; and room for links. */
const NEEDED_GIB = 8;
/** Less memory than this and two links at a time may not fit. */
const MEMORY_FOR_TWO_GIB = 6;

/** One program of the toolchain, as data: whatever changes here makes another cache entry. */
export interface Program {
  readonly name: string;
  /** Go module, a folder of toolchain/. */
  readonly module: string;
  /** Go package inside that module's build list. */
  readonly pkg: string;
  /** Variable that takes the version: `path.name=value`. */
  readonly version: string;
  /** Folder, relative to the module, into which the program's own `schema` command writes what a second build embeds. */
  readonly generates?: string;
}

/** The programs to build. Versions come from package.json; the go.mod files pin the sources. */
export function recipe(versions: PinnedVersions): Program[] {
  const sdk = "github.com/pulumi/pulumi/sdk/v3";
  const plugin = (name: PluginName): Program => ({
    name: `pulumi-resource-${name}`,
    module: "plugins",
    pkg: `./${name}`,
    version: `main.version=${versions[name]}`,
    generates: `${name}/generated`,
  });
  const pulumiVersion = `${sdk}/go/common/version.Version=${versions.pulumi}`;
  return [
    { name: "pulumi", module: "cli", pkg: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", version: pulumiVersion },
    ...pluginNames.map(plugin),
    {
      name: "pulumi-language-nodejs",
      module: "language-nodejs",
      pkg: `${sdk}/nodejs/cmd/pulumi-language-nodejs`,
      version: pulumiVersion,
    },
  ];
}

/**
 * Go's environment for these builds.
 * @param current what `go env -json` says
 */
export function goEnvironment(base: Env, current: { GOPROXY: string; GONOSUMDB: string }): Env {
  // Without "direct", a module that the proxy refuses is an error at once, not a long wait for a host out of reach.
  const proxies = current.GOPROXY.replace(/[,|]direct\b/g, "");
  // The committed go.sum is the pin; the public checksum database may be out of reach.
  const unlisted = ["pulumi", "kreuzwerker", "terraform-providers", "hashicorp"].map(
    (owner) => `github.com/${owner}/*`,
  );
  return {
    ...base,
    GOPROXY: proxies,
    GONOSUMDB: [current.GONOSUMDB, ...unlisted].filter((entry) => entry !== "").join(","),
    GOWORK: "off",
    CGO_ENABLED: "0", // no C compiler needed, and the programs run on any Linux
  };
}

/**
 * Builds all programs.
 * @param workshop an empty folder for the sources and what they generate; the caller removes it
 * @param bin where the programs go
 * @param note told what is being built
 * @throws SetupError when Go is missing or too old, the disk is short, or a build fails (with the compiler's last lines)
 */
export async function buildToolchain(
  programs: readonly Program[],
  workshop: string,
  bin: string,
  memoryGiB: number,
  note: (text: string) => void,
): Promise<void> {
  const sources = join(workshop, "toolchain");
  mkdirSync(sources);
  // A copy, since builds write into their sources and the checkout may be read-only or in use by another build.
  cpSync(toolchainFolder, sources, { recursive: true, filter: (path) => !/\/generated\/.*\.json$/.test(path) });
  const env = goEnvironment(process.env, await goSettings(join(sources, "cli")));

  const left = programs.map((program) => program.name);
  const all = async (lane: readonly Program[]): Promise<void> => {
    for (const program of lane) {
      note(`left: ${left.join(", ")}`);
      await buildOne(program, sources, bin, env);
      left.splice(left.indexOf(program.name), 1);
    }
  };
  const [first, ...others] = programs;
  if (!first) return;
  if (memoryGiB < MEMORY_FOR_TWO_GIB) return all(programs);
  // Compiling keeps both cores busy, linking only one: two lanes fill the gaps. The CLI is a lane of its own.
  const lanes = await Promise.allSettled([all([first]), all(others)]);
  for (const lane of lanes) if (lane.status === "rejected") throw lane.reason;
}

/** Checks that a build can succeed here, before minutes are spent on it. */
export async function checkCanBuild(cacheFolder: string): Promise<void> {
  const settings = await goSettings();
  for (const folder of [cacheFolder, settings.GOCACHE, settings.GOMODCACHE]) {
    const free = freeGiB(folder);
    if (free >= NEEDED_GIB) continue;
    throw new SetupError(
      `building the Pulumi CLI needs about ${NEEDED_GIB} GiB of disk space; ${folder} has ${free.toFixed(1)} GiB left`,
      "free some space there, or point XDG_CACHE_HOME, GOCACHE and GOMODCACHE to a larger disk",
    );
  }
}

interface GoSettings {
  readonly GOVERSION: string;
  readonly GOPROXY: string;
  readonly GONOSUMDB: string;
  readonly GOCACHE: string;
  readonly GOMODCACHE: string;
}

/**
 * Asks Go about itself. Asked inside a module, Go fetches the version the module wants if it is allowed to (GOTOOLCHAIN).
 * @throws SetupError when there is no Go, or only one that is too old
 */
export async function goSettings(moduleFolder = join(toolchainFolder, "cli")): Promise<GoSettings> {
  const mend = `install Go ${NEEDED_GO} or newer and put it on PATH (or any newer Go with GOTOOLCHAIN=auto)`;
  if (!findOnPath("go")) throw new SetupError("Go is not on PATH, and is needed to build the Pulumi CLI", mend);
  const answer = await tryRun("go", ["env", "-json"], { cwd: moduleFolder, timeLimitSeconds: 180 });
  if (answer.code !== 0) {
    const reason = answer.stderr.trim().split("\n").at(-1) ?? "";
    throw new SetupError(`this Go cannot build the Pulumi CLI: ${reason}`, mend);
  }
  const settings = JSON.parse(answer.stdout) as GoSettings;
  if (!atLeast(settings.GOVERSION, NEEDED_GO)) {
    throw new SetupError(`${settings.GOVERSION} is too old to build the Pulumi CLI (${NEEDED_GO} is needed)`, mend);
  }
  return settings;
}

async function buildOne(program: Program, sources: string, bin: string, env: Env): Promise<void> {
  const module = join(sources, program.module);
  const output = join(bin, program.name);
  const build = (): Promise<unknown> =>
    go(
      ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", `-s -w -X ${program.version}`],
      ["-o", output, program.pkg],
    );
  const go = (...args: string[][]): Promise<unknown> =>
    run("go", args.flat(), { cwd: module, env, timeLimitSeconds: 45 * 60 }).catch((error: unknown) => {
      if (!(error instanceof CommandFailed)) throw error;
      throw new SetupError(
        `${program.name} could not be built.\n${error.problem}`,
        "if a module could not be downloaded: go env GOPROXY must name a Go module proxy that this machine reaches",
      );
    });
  await build();
  if (program.generates === undefined) return;
  // The schema is made by the program itself and embedded by a second build, which only links again.
  const folder = join(module, program.generates);
  await run(output, ["schema", "--skip-docs", "--skip-examples", "--out", folder], { timeLimitSeconds: 300 });
  await build();
}
