import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { projectName } from "../../configs/settings";
import { SetupError } from "../setup/errors";
import { repoRoot } from "../setup/paths";
import type { Log } from "../setup/progress";
import { ensurePulumi, homeWithPlugins, pulumiEnvironment } from "../setup/pulumi";
import { type Env, type RunResult, run, tryRun } from "../setup/run";
import type { StackOptions } from "./options";
import { readConfig } from "./settings";

/** The Pulumi CLI, logged in to a backend, with the stack there. */
export interface PulumiSession {
  readonly env: Env;
  /** State of our own backend, if it is ours: what a killed `up` left can then be mended. */
  readonly ownState: string | undefined;
  /** Runs `pulumi` with the terminal's own input and output. @returns its exit code */
  show(args: readonly string[]): Promise<number>;
  /** Runs `pulumi` and keeps its output. @throws CommandFailed */
  capture(args: readonly string[]): Promise<string>;
  try(args: readonly string[]): Promise<RunResult>;
}

/** Resources at a time: most of them wait for the engine, so more than Pulumi's own default makes a cold `up` shorter. */
export const parallel = ["--parallel", "32"] as const;

/** Commands that read the stack's settings. */
const takesConfig = new Set(["up", "preview", "destroy", "refresh"]);

/**
 * Prepares everything that `pulumi` needs. Whoever is logged in to a backend keeps it; for the others, state and
 * passphrase are kept in `.medassist/`.
 */
export async function openSession(options: StackOptions, log: Log): Promise<PulumiSession> {
  const tools = await ensurePulumi(log);
  const base: Env = { ...pulumiEnvironment(tools), MEDASSIST_HOME: options.home };
  const own = !loggedIn(process.env);
  const env = own
    ? { ...base, ...homeWithPlugins(tools, join(options.home, "pulumi-home")), ...embeddedBackend(options.home) }
    : base;
  const config = own ? await composeConfig(options, env) : options.settingsFile;
  const withStack = ([command = "", ...rest]: readonly string[]) => [
    command,
    ...rest,
    "--stack",
    options.stack,
    ...(takesConfig.has(command) ? ["--config-file", config] : []),
  ];
  const session: PulumiSession = {
    env,
    ownState: own ? stateFolder(options.home) : undefined,
    show: (args) => inherit("pulumi", withStack(args), env),
    capture: async (args) =>
      (await run("pulumi", withStack(args), { cwd: repoRoot, env, timeLimitSeconds: 600 })).stdout,
    try: (args) => tryRun("pulumi", withStack(args), { cwd: repoRoot, env, timeLimitSeconds: 600 }),
  };
  if (!own) await run("pulumi", ["stack", "select", "--create", options.stack], { cwd: repoRoot, env });
  return session;
}

/** Whether this person has chosen a backend: by PULUMI_BACKEND_URL, or by `pulumi login`. */
export function loggedIn(env: Env, home = homedir()): boolean {
  if (env.PULUMI_BACKEND_URL) return true;
  const file = join(env.PULUMI_HOME ?? join(home, ".pulumi"), "credentials.json");
  if (!existsSync(file)) return false;
  try {
    return Boolean((JSON.parse(readFileSync(file, "utf8")) as { current?: string }).current);
  } catch {
    throw new SetupError(`${file} is not readable JSON`, "pulumi login, or remove the file");
  }
}

export const stateFolder = (home: string): string => join(home, "state");

/** Backend and passphrase under `.medassist/`, made when they are not there. */
function embeddedBackend(home: string): Env {
  mkdirSync(stateFolder(home), { recursive: true, mode: 0o700 });
  const backend = { PULUMI_BACKEND_URL: `file://${stateFolder(home)}` };
  if (process.env.PULUMI_CONFIG_PASSPHRASE !== undefined || process.env.PULUMI_CONFIG_PASSPHRASE_FILE) return backend;
  const passphrase = join(home, "passphrase");
  if (!existsSync(passphrase))
    writeFileSync(passphrase, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  return { ...backend, PULUMI_CONFIG_PASSPHRASE_FILE: passphrase };
}

/**
 * The user's settings and this clone's encryption salt in one file under `.medassist/`: Pulumi writes the salt into
 * the settings file, and that one is committed and shared by people with other passphrases.
 */
async function composeConfig(options: StackOptions, env: Env): Promise<string> {
  const folder = join(options.home, "stacks");
  mkdirSync(folder, { recursive: true });
  const project = join(folder, "Pulumi.yaml");
  // A project of the same name without a program: Pulumi creates the stack there, and leaves the salt beside it.
  writeFileSync(project, dump({ name: projectName, runtime: "nodejs" }));
  const saltFile = join(folder, `Pulumi.${options.stack}.yaml`);
  if (!existsSync(saltFile) || !stackExists(options)) {
    await run("pulumi", ["stack", "select", "--create", options.stack], { cwd: folder, env });
  }
  const salt = existsSync(saltFile) ? (load(readFileSync(saltFile, "utf8")) as Record<string, unknown>) : {};
  const composed = join(folder, `${options.stack}.composed.yaml`);
  writeFileSync(composed, dump({ ...salt, config: readConfig(options.settingsFile) }));
  return composed;
}

const stackExists = (options: StackOptions): boolean =>
  existsSync(join(stateFolder(options.home), ".pulumi", "stacks", projectName, `${options.stack}.json`));

function inherit(command: string, args: readonly string[], env: Env): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { cwd: repoRoot, env: { ...env }, stdio: "inherit" });
    const forward = (signal: NodeJS.Signals) => void child.kill(signal);
    process.on("SIGTERM", forward);
    // Ctrl-C reaches Pulumi from the terminal; it ends what it has begun, and this process must wait for that.
    const wait = () => {};
    process.on("SIGINT", wait);
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGTERM", forward).off("SIGINT", wait);
      resolve(code ?? 1);
    });
  });
}
