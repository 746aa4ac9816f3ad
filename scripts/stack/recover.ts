/** What an `up` that was killed leaves behind, and how it is mended (docs/traps.md, Killed). */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { labelKeys } from "../../configs/labels";
import { projectName } from "../../configs/settings";
import { SetupError } from "../setup/errors";
import type { Log } from "../setup/progress";
import { run, tryRun } from "../setup/run";
import type { PulumiSession } from "./session";
import { mendStateFiles } from "./stateFiles";

interface Lock {
  readonly pid: number;
  readonly hostname: string;
  readonly timestamp: string;
}

interface Deployment {
  readonly deployment: {
    readonly resources?: readonly { readonly type: string; readonly id?: string }[];
    readonly pending_operations?: readonly { readonly resource: { readonly inputs?: { readonly name?: string } } }[];
  };
}

/**
 * Makes the next `up` possible whatever the last one left: a lock of a process that is dead, creations that were begun
 * and not recorded, containers and networks that exist without being in the state. Volumes are never touched: a
 * volume of the same name is taken up with its data.
 * @throws SetupError when another `up` of this stack is running right now, or another checkout has a stack of this name
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
    mendStateFiles(session.ownState, stack, log);
    await session.capture(["cancel", "--yes"]);
  }
  let { deployment } = await readState(session);
  const begun = new Set((deployment.pending_operations ?? []).map((operation) => operation.resource.inputs?.name));
  if (begun.size > 0) {
    log.line("It had begun to create things that it did not record: asking the engine what there is");
    await session.capture(["refresh", "--yes", "--clear-pending-creates", "--skip-preview"]);
    deployment = (await readState(session)).deployment;
  }
  const killedSince = lock ? Date.parse(lock.timestamp) : Number.POSITIVE_INFINITY;
  const unknown = await unrecorded(stack, deployment);
  const orphans = unknown.filter((thing) => begun.has(thing.name) || thing.createdAt >= killedSince);
  const strangers = unknown.filter((thing) => !orphans.includes(thing));
  if (strangers.length > 0) {
    throw new SetupError(
      `this engine has a stack named ${stack} of which this checkout knows nothing: ${strangers.map((s) => s.name).join(", ")}`,
      `take another name (-- --stack NAME, and other ports), or take that stack down from its own checkout; if it has none any more: docker rm --force the containers, docker network rm the networks`,
    );
  }
  for (const orphan of orphans) await remove(orphan, log);
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
    // A process number may have been given to another program since; and one that was killed stays as a zombie (Z) until
    // its parent takes notice, which inside a container may be never.
    const [, program = "", state = ""] = /\((.*)\) (\S)/.exec(readFileSync(`/proc/${lock.pid}/stat`, "utf8")) ?? [];
    return program.startsWith("pulumi") && state !== "Z" && state !== "X";
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

/** A container or network of the stack that no resource of the state is. */
interface Unrecorded {
  readonly kind: "container" | "network";
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

const listings = {
  container: ["ps", "--all"],
  network: ["network", "ls"],
} as const;

async function unrecorded(stack: string, deployment: Deployment["deployment"]): Promise<Unrecorded[]> {
  const known = new Set((deployment.resources ?? []).map((r) => r.id));
  const found: Unrecorded[] = [];
  for (const kind of ["container", "network"] as const) {
    const filter = ["--filter", `label=${labelKeys.stack}=${stack}`, "--no-trunc", "--format", "{{.ID}}"];
    const { stdout } = await run("docker", [...listings[kind], ...filter]);
    const ids = stdout.split("\n").filter((id) => id !== "" && !known.has(id));
    if (ids.length === 0) continue;
    const inspected = await run("docker", [kind, "inspect", ...ids]);
    for (const { Id, Name, Created } of JSON.parse(inspected.stdout) as {
      Id: string;
      Name: string;
      Created: string;
    }[]) {
      found.push({ kind, id: Id, name: Name.replace(/^\//, ""), createdAt: Date.parse(Created) });
    }
  }
  return found;
}

async function remove({ kind, id, name }: Unrecorded, log: Log): Promise<void> {
  log.line(`Removing the ${kind} ${name}: a command that was killed had created it and not recorded it`);
  const command = kind === "container" ? ["rm", "--force", id] : ["network", "rm", id];
  const removed = await tryRun("docker", command);
  if (removed.code !== 0 && !/no such/i.test(removed.stderr)) {
    throw new SetupError(
      `the ${kind} ${name} of a killed command cannot be removed: ${removed.stderr.trim()}`,
      `docker ${command.join(" ")}`,
    );
  }
}
