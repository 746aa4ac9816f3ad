import { ENGINE_NEEDS, ENGINE_PACKAGES, type EngineFacts, type EngineProbe, explain } from "./engine";
import type { PackagesState } from "./plain/packages.mjs";
import { atLeast } from "./plain/versions.mjs";
import type { PulumiTools } from "./pulumi";

/** One line of `npm run doctor`. */
export interface Check {
  /** What was looked at: "Docker engine". */
  readonly name: string;
  readonly ok: boolean;
  /** What was found. */
  readonly detail: string;
  /** The command or step that puts it right; given whenever `ok` is false. */
  readonly mend?: string;
}

export function checkNode(version: string, wanted: string): Check {
  const name = "Node.js";
  if (atLeast(version, wanted)) return { name, ok: true, detail: version };
  return {
    name,
    ok: false,
    detail: `${version}, ${wanted} is needed`,
    mend: "nvm install 22, or install from nodejs.org",
  };
}

export function checkPackages(state: PackagesState): Check {
  const name = "npm packages";
  if (state === "ready" || state === "unstamped") return { name, ok: true, detail: "as package-lock.json says" };
  const detail = state === "missing" ? "not installed" : "differ from package-lock.json";
  return { name, ok: false, detail, mend: "npm ci" };
}

/** Disk space and memory where the engine is, or will be. */
export type EngineRoom = Pick<EngineFacts, "rootDir" | "freeDiskGiB" | "memoryGiB">;

/**
 * The client, the engine, the permission and what the engine has: one probe answers all of them.
 * @param here what this machine has, for the time before an engine can be asked
 */
export function checkEngine(probe: EngineProbe, here: EngineRoom): Check[] {
  if (probe.state === "no-client") {
    const mend = explain(probe).mend ?? `install ${ENGINE_PACKAGES.join(", ")}`;
    return [
      { name: "docker command", ok: false, detail: "not on PATH", mend },
      { name: "Docker engine", ok: false, detail: "cannot be asked without the docker command", mend },
      ...checkEngineRoom(here),
    ];
  }
  const client: Check = { name: "docker command", ok: true, detail: "on PATH" };
  if (probe.state !== "ready") {
    const { problem, mend = "see the line above" } = explain(probe);
    const name = probe.state === "denied" ? "Docker permission" : "Docker engine";
    const local = probe.state === "denied" || probe.local;
    return [client, { name, ok: false, detail: problem, mend }, ...(local ? checkEngineRoom(here) : [])];
  }
  const { version, host, buildkit, storageDriver, cgroupVersion } = probe.facts;
  const builder = buildkit ? "BuildKit" : "legacy builder";
  const traits = `${storageDriver}, cgroup v${cgroupVersion}, ${builder}`;
  return [
    client,
    { name: "Docker engine", ok: true, detail: `${version} at ${host} (${traits})` },
    { name: "Docker permission", ok: true, detail: "this user may use the engine" },
    ...checkEngineRoom(probe.facts),
  ];
}

function checkEngineRoom(facts: EngineRoom): Check[] {
  const disk: Check =
    facts.freeDiskGiB === undefined
      ? { name: "disk space", ok: true, detail: "the engine is on another machine: not looked at" }
      : atLeastGiB(
          "disk space",
          facts.freeDiskGiB,
          ENGINE_NEEDS.diskGiB,
          `free at ${facts.rootDir}`,
          "docker system prune",
        );
  const memory = "give the machine (or Docker Desktop's virtual machine) more memory";
  return [disk, atLeastGiB("memory", facts.memoryGiB, ENGINE_NEEDS.memoryGiB, "in the engine's machine", memory)];
}

function atLeastGiB(name: string, has: number, needs: number, where: string, mend: string): Check {
  const detail = `${has.toFixed(1)} GiB ${where}, about ${needs} GiB needed`;
  return has >= needs ? { name, ok: true, detail } : { name, ok: false, detail, mend };
}

/** @param tools what was found; undefined when there is none yet */
export function checkPulumi(tools: PulumiTools | undefined, wanted: string): Check {
  const name = "Pulumi CLI";
  if (!tools) {
    const detail = `none that fits ${wanted}, neither on PATH nor in the cache`;
    return { name, ok: false, detail, mend: "npm run up (installs or builds it once for this user)" };
  }
  const from = tools.source === "path" ? "PATH" : "cache";
  const plugins = tools.plugins === "beside" ? "plugins beside it" : "plugins in Pulumi's own folder";
  return { name, ok: true, detail: `${tools.version} from the ${from}, ${tools.binDir}, ${plugins}` };
}

/**
 * Go is needed only to build Pulumi where it cannot be downloaded.
 * @param go its version, or what is wrong with it
 */
export function checkGo(go: { version: string } | { problem: string; mend: string }, pulumiFound: boolean): Check {
  const name = "Go";
  if (pulumiFound) return { name, ok: true, detail: "not needed, Pulumi is there" };
  if ("version" in go) return { name, ok: true, detail: `${go.version}, to build Pulumi with` };
  return { name, ok: false, detail: `${go.problem}; not needed where get.pulumi.com can be reached`, mend: go.mend };
}

/** The checks as a table for a person: one line each, what to do below the line. */
export function formatChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map((check) => check.name.length));
  const lines = checks.flatMap(({ name, ok, detail, mend }) => {
    const line = `${ok ? "ok     " : "MISSING"}  ${name.padEnd(width)}  ${detail}`;
    return ok || mend === undefined ? [line] : [line, `${" ".repeat(width + 11)}→ ${mend}`];
  });
  const bad = checks.filter((check) => !check.ok).length;
  lines.push(
    "",
    bad === 0 ? "All fine." : `${bad} of ${checks.length} need something; what to do is said at each (→).`,
  );
  return lines.join("\n");
}
