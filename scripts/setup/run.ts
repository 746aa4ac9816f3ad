import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { SetupError } from "./errors";

/** A set of environment variables, as process.env has them. */
export type Env = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the command; this process's own when left out. */
  readonly env?: Env;
  /** The command is killed after this many seconds. Default 60. */
  readonly timeLimitSeconds?: number;
  /** Called with every line the command prints, as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  /** Exit code; 124 when the time limit was reached, 127 when there is no such command, 128 when killed by a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Output beyond this many characters is dropped from its beginning. */
const KEPT_CHARACTERS = 4_000_000;
const SHOWN_LINES = 15;

/** A command that failed; the message holds its last lines. */
export class CommandFailed extends SetupError {
  constructor(
    commandLine: string,
    readonly result: RunResult,
    timeLimitSeconds: number,
  ) {
    super(
      `${commandLine}: ${outcome(result.code, timeLimitSeconds)}${lastLines(`${result.stdout}\n${result.stderr}`)}`,
    );
  }
}

/**
 * Runs a command to its end, without a shell and without input.
 * @throws CommandFailed when it exits with anything but 0, cannot be started, or takes too long
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await tryRun(command, args, options);
  if (result.code !== 0) {
    throw new CommandFailed([command, ...args].join(" "), result, options.timeLimitSeconds ?? 60);
  }
  return result;
}

/** Like run, but a failure is a result and not an error. */
export function tryRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { timeLimitSeconds = 60, onLine } = options;
  return new Promise((resolve) => {
    const child = spawn(command, [...args], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...(options.env ?? process.env) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeLimitSeconds * 1000);
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] = (output[name] + text).slice(-KEPT_CHARACTERS);
        if (onLine) for (const line of text.split("\n")) if (line.trim() !== "") onLine(line.trimEnd());
      });
    }
    const finish = (code: number): void => {
      clearTimeout(timer);
      resolve({ code: timedOut ? 124 : code, ...output });
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      output.stderr += error.message;
      finish(error.code === "ENOENT" ? 127 : 126);
    });
    child.on("close", (code) => finish(code ?? 128));
  });
}

/** The absolute path of a command on PATH, or undefined. */
export function findOnPath(command: string, env: Env = process.env): string | undefined {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    if (folder === "") continue;
    const candidate = join(folder, command);
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // not here
    }
  }
  return undefined;
}

function outcome(code: number, timeLimitSeconds: number): string {
  if (code === 124) return `took longer than ${timeLimitSeconds} s and was stopped`;
  if (code === 127) return "no such command on PATH";
  return `failed with exit code ${code}`;
}

function lastLines(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines
    .slice(-SHOWN_LINES)
    .map((line) => `\n    ${line}`)
    .join("");
}
