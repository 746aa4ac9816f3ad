/** What the provider cannot tell: how containers are right now. Asked through the `docker` client. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { type Duration, seconds } from "../../../configs/units";
import { failure } from "./failure";

const exec = promisify(execFile);

/** The engine that the provider uses too: the stack's `docker:host`, else DOCKER_HOST, else the local socket. */
export const engineHost = (): string =>
  pulumi.runtime.allConfig()["docker:host"] ?? process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock";

export interface ContainerState {
  readonly id: string;
  readonly running: boolean;
  readonly restarting: boolean;
  readonly exitCode: number;
  readonly restarts: number;
  readonly startedAt: Date;
  readonly health: "none" | "starting" | "healthy" | "unhealthy";
  /** What the last health check printed. */
  readonly lastCheck: string;
}

/** The part of `docker inspect` that is read here. */
interface Inspected {
  Id: string;
  RestartCount: number;
  State: {
    Running: boolean;
    Restarting: boolean;
    ExitCode: number;
    StartedAt: string;
    Health?: { Status: ContainerState["health"]; Log: { Output: string }[] | null };
  };
}

/** States of those of the containers that exist. */
export async function inspect(ids: readonly string[]): Promise<ContainerState[]> {
  const { stdout } = await docker(["container", "inspect", ...ids]);
  return (JSON.parse(stdout) as Inspected[]).map(({ Id, RestartCount, State }) => ({
    id: Id,
    running: State.Running,
    restarting: State.Restarting,
    exitCode: State.ExitCode,
    restarts: RestartCount,
    startedAt: new Date(State.StartedAt),
    health: State.Health?.Status ?? "none",
    lastCheck: State.Health?.Log?.at(-1)?.Output.trim() ?? "",
  }));
}

/** How long the containers that carry a label ("key=value") and are healthy have been up, at least, by their id. */
export async function healthyUptimes(label: string): Promise<ReadonlyMap<string, Duration>> {
  const args = ["ps", "--no-trunc", "--filter", `label=${label}`, "--filter", "health=healthy", "--format"];
  const { stdout } = await docker([...args, "{{.ID}} {{.Status}}"]);
  return new Map(
    stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => [line.split(" ")[0] ?? "", uptimeOf(line)]),
  );
}

const day = 24 * 3600;
const unitSeconds = { second: 1, minute: 60, hour: 3600, day, week: 7 * day, month: 30 * day, year: 365 * day };

/** Docker's words for an uptime, rounded down: "Up 12 seconds (healthy)", "Up About a minute", "Up 3 hours"; else zero. */
export function uptimeOf(status: string): Duration {
  const [, count, unit] = /\bUp (?:about )?(an?|\d+) (second|minute|hour|day|week|month|year)/i.exec(status) ?? [];
  if (count === undefined || unit === undefined) return seconds(0);
  return seconds((Number(count) || 1) * unitSeconds[unit as keyof typeof unitSeconds]);
}

/** The last lines that a container wrote. */
export async function lastLines(id: string, count = 15): Promise<string> {
  const { stdout, stderr } = await docker(["logs", "--tail", String(count), id]);
  return `${stdout}${stderr}`.trim();
}

/** Runs the client. `inspect` ends with 1 when one of several is missing, and still prints the others. */
async function docker(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  try {
    return await exec("docker", ["--host", engineHost(), ...args], { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stdout = "", stderr = "", code } = error as { stdout?: string; stderr?: string; code?: string | number };
    if (code === "ENOENT")
      throw failure(
        "The `docker` client is not on PATH; it tells how the containers are. Install it (`npm run doctor` says how).",
      );
    if (/no such (container|object)/i.test(stderr)) return { stdout: stdout || "[]", stderr };
    throw failure(`docker ${args[0]} failed: ${stderr.trim() || String(error)}`);
  }
}
