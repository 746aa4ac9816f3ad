/** What an `up` that was killed leaves behind, and how it is mended (facts/pulumi-docker.md, 0). */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { labelKeys } from "../../configs/labels";
import { projectName } from "../../configs/settings";
import { SetupError } from "../setup/errors";
import type { Log } from "../setup/progress";
import { run, tryRun } from "../setup/run";
import type { PulumiSession } from "./session";

interface Lock {
  readonly pid: number;
  readonly hostname: string;
  readonly timestamp: string;
}

interface Deployment {
  readonly deployment: {
    readonly resources?: readonly { readonly type: string; readonly id?: string }[];
    readonly pending_operations?: readonly unknown[];
  };
}

/**
 * Makes the next `up` possible whatever the last one left: a lock of a process that is dead, creations that were begun
 * and not recorded, containers and networks that exist without being in the state. Volumes are never touched: a
 * volume of the same name is taken up with its data.
 * @throws SetupError when another `up` of this stack is running right now
 */
export async function recover(session: PulumiSession, stack: string, log: Log): Promise<void> {
  if (session.ownState === undefined) return; // a backend of the user's: its locks are not ours to judge
  const lock = readLock(session.ownState, stack);
  if (lock && isAlive(lock)) {
    throw new SetupError(
      `process ${lock.pid} is working on the stack ${stack} since ${lock.timestamp}`,
      "wait for its end, or end it, and try again",
    );
  }
  if (lock) {
    log.line(`The last command on ${stack} (process ${lock.pid}, ${lock.timestamp}) was killed: releasing its lock`);
    await session.capture(["cancel", "--yes"]);
  }
  const state = await readState(session);
  if ((state.deployment.pending_operations ?? []).length > 0) {
    log.line("It had begun to create things that it did not record: asking the engine what there is");
    await session.capture(["refresh", "--yes", "--clear-pending-creates", "--skip-preview"]);
  }
  await removeOrphans(stack, (await readState(session)).deployment, log);
}

async function readState(session: PulumiSession): Promise<Deployment> {
  return JSON.parse(await session.capture(["stack", "export"])) as Deployment;
}

function readLock(state: string, stack: string): Lock | undefined {
  const folder = join(state, ".pulumi", "locks", "organization", projectName, stack);
  const file = existsSync(folder) ? readdirSync(folder).find((name) => name.endsWith(".json")) : undefined;
  return file ? (JSON.parse(readFileSync(join(folder, file), "utf8")) as Lock) : undefined;
}

function isAlive(lock: Lock): boolean {
  if (lock.hostname !== hostname()) return true; // cannot be known from here
  try {
    // A process number may have been given to another program since.
    return readFileSync(`/proc/${lock.pid}/comm`, "utf8").trim().startsWith("pulumi");
  } catch {
    return existsSync("/proc/self/comm") ? false : signalReaches(lock.pid);
  }
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Removes containers and networks that carry the stack's label and that no resource of the state is. */
async function removeOrphans(stack: string, deployment: Deployment["deployment"], log: Log): Promise<void> {
  const known = new Set((deployment.resources ?? []).map((r) => r.id));
  const filter = ["--filter", `label=${labelKeys.stack}=${stack}`, "--no-trunc", "--format", "{{.ID}}"];
  const ids = async (args: string[]): Promise<string[]> =>
    (await run("docker", [...args, ...filter])).stdout.split("\n").filter((id) => id !== "" && !known.has(id));
  for (const [what, list, remove] of [
    ["container", ["ps", "--all"], ["rm", "--force"]],
    ["network", ["network", "ls"], ["network", "rm"]],
  ] as const) {
    for (const id of await ids([...list])) {
      log.line(`Removing the ${what} ${id.slice(0, 12)}: it is of the stack ${stack}, but no command has recorded it`);
      const removed = await tryRun("docker", [...remove, id]);
      if (removed.code !== 0 && !/no such/i.test(removed.stderr)) {
        throw new SetupError(
          `the ${what} ${id.slice(0, 12)} of a killed command cannot be removed: ${removed.stderr.trim()}`,
          `docker ${remove.join(" ")} ${id}`,
        );
      }
    }
  }
}
