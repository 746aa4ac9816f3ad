import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SetupError } from "./errors";
import { cacheRoot } from "./paths";
import { withLock } from "./plain/lock.mjs";
import { type Log, step } from "./progress";
import { findOnPath, tryRun } from "./run";

/** Measured: 5 s. After a hard stop with many containers the engine takes longer. */
const START_LIMIT_SECONDS = 90;
const POLL_MS = 500;

/** What the engine leaves behind when it is killed, and the program whose process id it holds. */
const PID_FILES = [
  { file: "/var/run/docker.pid", program: "dockerd" },
  { file: "/var/run/docker/containerd/containerd.pid", program: "containerd" },
];

/** How a service is started on this system; none where no init system runs (a container, a small virtual machine). */
export type Starter = "systemd" | "service" | "none";

/** @param exists whether a path exists; these ones exist only while that init system is running */
export function starterOf(exists: (path: string) => boolean = existsSync): Starter {
  if (exists("/run/systemd/system")) return "systemd";
  return (exists("/run/openrc") || exists("/run/initctl")) && exists("/etc/init.d/docker") ? "service" : "none";
}

/**
 * Starts the installed engine and waits until it answers. Needs root.
 * @param answers whether the engine answers
 * @throws SetupError with the engine's last log lines when it does not come up in time
 */
export async function startEngine(log: Log, answers: () => Promise<boolean>): Promise<void> {
  const lock = join(cacheRoot(), "engine.lock");
  await withLock(lock, async () => {
    if (await answers()) return; // another process has just started it
    await step(log, "Starting the Docker engine", () => start(answers));
  });
}

async function start(answers: () => Promise<boolean>): Promise<void> {
  const starter = starterOf();
  if (starter !== "none") {
    const command = starter === "systemd" ? ["systemctl", "start", "docker"] : ["service", "docker", "start"];
    const [program = "", ...args] = command;
    const result = await tryRun(program, args, { timeLimitSeconds: START_LIMIT_SECONDS });
    if (result.code !== 0) {
      throw new SetupError(
        `${command.join(" ")} failed: ${result.stderr.trim()}`,
        "journalctl -u docker (or /var/log/docker.log)",
      );
    }
    if (await waitFor(answers, () => false)) return;
    throw new SetupError(
      `the Docker engine did not answer within ${START_LIMIT_SECONDS} s`,
      "journalctl -u docker -n 50",
    );
  }
  const running = removeStalePidFiles();
  const logFile = engineLog();
  const exited = running ? () => false : launch(logFile);
  if (await waitFor(answers, exited)) return;
  const why = exited() ? "stopped again" : `did not answer within ${START_LIMIT_SECONDS} s`;
  throw new SetupError(
    `the Docker engine ${why}. Last lines of ${logFile}:\n${tail(logFile)}`,
    "inside a container an engine needs --privileged; otherwise set DOCKER_HOST to an engine that runs elsewhere",
  );
}

/** Starts dockerd in a session of its own, so that it outlives this process and no Ctrl-C reaches it. */
function launch(logFile: string): () => boolean {
  const dockerd = findOnPath("dockerd", { PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin:/usr/local/sbin` });
  if (dockerd === undefined) throw new SetupError("dockerd is not on PATH", "install Docker Engine 20.10 or newer");
  const output = openSync(logFile, "a", 0o640);
  let gone = false;
  const child = spawn(dockerd, [], {
    cwd: "/",
    detached: true,
    stdio: ["ignore", output, output],
    // It calls iptables, which a user's PATH often does not have.
    env: { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` },
  });
  child.on("error", () => {
    gone = true;
  });
  child.on("exit", () => {
    gone = true;
  });
  child.unref();
  closeSync(output);
  return () => gone;
}

/** Removes pid files of engines that were killed. @returns whether a dockerd is alive already (then it is starting) */
function removeStalePidFiles(): boolean {
  let running = false;
  for (const { file, program } of PID_FILES) {
    if (!existsSync(file)) continue;
    if (isStalePid(readFileSync(file, "utf8"), program, processName)) rmSync(file, { force: true });
    else if (program === "dockerd") running = true;
  }
  return running;
}

/**
 * Whether a pid file holds nothing that lives. Process ids are reused, so the name counts as well.
 * @param nameOf name of a living process, undefined when there is none
 */
export function isStalePid(content: string, program: string, nameOf: (pid: number) => string | undefined): boolean {
  const pid = Number(content.trim());
  return !Number.isInteger(pid) || pid <= 0 || nameOf(pid) !== program;
}

function processName(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return undefined;
  }
}

async function waitFor(answers: () => Promise<boolean>, exited: () => boolean): Promise<boolean> {
  const deadline = Date.now() + START_LIMIT_SECONDS * 1000;
  while (Date.now() < deadline) {
    if (await answers()) return true;
    if (exited()) return false;
    await sleep(POLL_MS);
  }
  return false;
}

/** /var/log/medassist-dockerd.log, or in the user's cache where that cannot be written. */
function engineLog(): string {
  for (const file of ["/var/log/medassist-dockerd.log", join(cacheRoot(), "dockerd.log")]) {
    try {
      mkdirSync(dirname(file), { recursive: true });
      closeSync(openSync(file, "a", 0o640));
      return file;
    } catch {
      // the next one
    }
  }
  return "/dev/null";
}

function tail(file: string): string {
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .slice(-12)
    .map((line) => `    ${line}`)
    .join("\n");
}
