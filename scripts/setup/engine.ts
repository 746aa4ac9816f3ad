import { existsSync } from "node:fs";
import { startEngine } from "./daemon";
import { ensureDebianPackages, installCommand } from "./debian";
import { SetupError } from "./errors";
import { freeGiB } from "./paths";
import type { Log } from "./progress";
import { findOnPath, tryRun } from "./run";

/** What a reachable engine says about itself. */
export interface EngineFacts {
  /** "20.10.24+dfsg1" */
  readonly version: string;
  /** Where it listens, whatever chose it (DOCKER_HOST or a docker context): "unix:///var/run/docker.sock". */
  readonly host: string;
  readonly cgroupVersion: string;
  readonly storageDriver: string;
  readonly rootDir: string;
  readonly cpus: number;
  readonly memoryGiB: number;
  /** Free space where images and volumes live; undefined when that is not on this machine. */
  readonly freeDiskGiB: number | undefined;
  /** Whether `docker build` can use BuildKit; if not, the legacy builder (DOCKER_BUILDKIT=0) is there. */
  readonly buildkit: boolean;
}

/** What looking for an engine finds. */
export type EngineProbe =
  | { readonly state: "ready"; readonly facts: EngineFacts }
  /** No docker command. */
  | { readonly state: "no-client" }
  /** The engine is there, and this user may not talk to it. */
  | { readonly state: "denied"; readonly host: string }
  /** Nothing answers. `local`: at the standard socket of this machine, so that it may be started here. */
  | { readonly state: "silent"; readonly host: string; readonly local: boolean; readonly detail: string };

/** The whole system with its images; less than this and it will not last. */
export const ENGINE_NEEDS = { diskGiB: 8, memoryGiB: 4 } as const;

/** What an engine on Debian consists of. */
export const ENGINE_PACKAGES = ["docker.io", "iptables", "iproute2"] as const;

const SOCKETS = ["unix:///var/run/docker.sock", "unix:///run/docker.sock"];

/**
 * Makes sure that a Docker engine answers: uses the one that DOCKER_HOST or the docker context names, else installs
 * and starts one on this machine, if this user may. A running engine is never touched.
 * @throws SetupError when that is not possible; the message holds the command that mends it
 */
export async function ensureEngine(log: Log): Promise<EngineFacts> {
  let probe = await probeEngine();
  if (probe.state === "no-client" || (probe.state === "silent" && probe.local && !engineInstalled())) {
    await installEngine(log);
    probe = await probeEngine();
  }
  if (probe.state === "silent" && probe.local && isRoot()) {
    await startEngine(log, async () => (await probeEngine()).state === "ready");
    probe = await probeEngine();
  }
  if (probe.state !== "ready") throw explain(probe);
  for (const shortage of shortages(probe.facts)) log.line(`Warning: ${shortage}`);
  return probe.facts;
}

/**
 * Lets Pulumi's provider use the engine that was found: it reads DOCKER_HOST, and knows nothing of docker contexts.
 */
export function useEngine(facts: EngineFacts): void {
  if (!process.env.DOCKER_HOST && !SOCKETS.includes(facts.host)) process.env.DOCKER_HOST = facts.host;
}

/**
 * What the engine in use can do.
 * @throws SetupError when none answers
 */
export async function engineFacts(): Promise<EngineFacts> {
  const probe = await probeEngine();
  if (probe.state !== "ready") throw explain(probe);
  return probe.facts;
}

/** Looks for an engine; changes nothing and never throws. */
export async function probeEngine(): Promise<EngineProbe> {
  if (!findOnPath("docker")) return { state: "no-client" };
  const host = await engineHost();
  const answer = await tryRun("docker", ["info", "--format", "{{json .}}"], { timeLimitSeconds: 20 });
  const info = parseInfo(answer.stdout);
  if (answer.code !== 0 || info === undefined || info.ServerErrors?.length) {
    const detail = (info?.ServerErrors?.join("; ") ?? answer.stderr).trim();
    return classifySilence(host, answer.code === 124 ? "no answer within 20 s" : detail);
  }
  const rootDir = info.DockerRootDir;
  return {
    state: "ready",
    facts: {
      version: info.ServerVersion,
      host,
      cgroupVersion: info.CgroupVersion ?? "1",
      storageDriver: info.Driver,
      rootDir,
      cpus: info.NCPU,
      memoryGiB: info.MemTotal / 2 ** 30,
      freeDiskGiB: host.startsWith("unix://") && existsSync(rootDir) ? freeGiB(rootDir) : undefined,
      buildkit: (await tryRun("docker", ["buildx", "version"])).code === 0,
    },
  };
}

/** Tells a missing permission from an engine that is not there, by what the docker command said. */
export function classifySilence(host: string, detail: string): EngineProbe {
  if (/permission denied/i.test(detail)) return { state: "denied", host };
  return { state: "silent", host, local: SOCKETS.includes(host), detail };
}

/** What the engine is short of, one line each; empty when all is well. */
export function shortages(facts: EngineFacts): string[] {
  const lines: string[] = [];
  if (facts.freeDiskGiB !== undefined && facts.freeDiskGiB < ENGINE_NEEDS.diskGiB) {
    lines.push(
      `${facts.rootDir} has ${facts.freeDiskGiB.toFixed(1)} GiB free, about ${ENGINE_NEEDS.diskGiB} GiB are needed ` +
        "(docker system prune frees what no container uses)",
    );
  }
  if (facts.memoryGiB < ENGINE_NEEDS.memoryGiB) {
    lines.push(
      `the engine has ${facts.memoryGiB.toFixed(1)} GiB of memory, about ${ENGINE_NEEDS.memoryGiB} GiB are needed`,
    );
  }
  return lines;
}

/** The error for a person whose engine cannot be used. */
export function explain(probe: Exclude<EngineProbe, { state: "ready" }>): SetupError {
  switch (probe.state) {
    case "no-client":
      return new SetupError("the docker command is not on PATH", installHint());
    case "denied":
      return new SetupError(
        `this user may not talk to the Docker engine at ${probe.host}`,
        'sudo usermod -aG docker "$USER", then log in again (or run the same command with sudo)',
      );
    case "silent":
      if (!probe.local) {
        return new SetupError(
          `no Docker engine answers at ${probe.host}, which DOCKER_HOST or the docker context names: ${probe.detail}`,
          "start that engine, or use the local one: unset DOCKER_HOST; docker context use default",
        );
      }
      if (!engineInstalled()) return new SetupError("no Docker engine is installed on this machine", installHint());
      return new SetupError(`no Docker engine answers at ${probe.host}: ${probe.detail}`, startHint());
  }
}

async function installEngine(log: Log): Promise<void> {
  // An apt-less system or a missing root is explained by our own message, which knows more ways.
  if (!isRoot() || !findOnPath("apt-get")) {
    throw new SetupError("no Docker engine is installed on this machine", installHint());
  }
  await ensureDebianPackages(ENGINE_PACKAGES, log);
  // From Debian 13 on, the command is a package of its own.
  if (!findOnPath("docker")) await ensureDebianPackages(["docker-cli"], log);
}

function installHint(): string {
  return findOnPath("apt-get")
    ? installCommand(ENGINE_PACKAGES)
    : "install Docker Engine 20.10 or newer (docs.docker.com/engine/install) and start it";
}

function startHint(): string {
  if (existsSync("/run/systemd/system")) return "sudo systemctl start docker";
  return isRoot() ? "npm run up (starts it)" : "sudo npm run up (starts it; needed once after each boot)";
}

function engineInstalled(): boolean {
  return findOnPath("dockerd", { PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin:/usr/local/sbin` }) !== undefined;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function engineHost(): Promise<string> {
  if (process.env.DOCKER_HOST) return process.env.DOCKER_HOST;
  const context = await tryRun("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
  return context.code === 0 ? context.stdout.trim() : "unix:///var/run/docker.sock";
}

/** The part of `docker info` that is read here. */
interface DockerInfo {
  readonly ServerErrors?: string[];
  readonly ServerVersion: string;
  readonly CgroupVersion?: string;
  readonly Driver: string;
  readonly DockerRootDir: string;
  readonly NCPU: number;
  readonly MemTotal: number;
}

function parseInfo(text: string): DockerInfo | undefined {
  try {
    return JSON.parse(text) as DockerInfo;
  } catch {
    return undefined;
  }
}
