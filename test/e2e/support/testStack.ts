/** A stack of its own for a test: own name, ports, state and volumes, driven by the commands that users call. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import { labelKeys } from "../../../configs/labels";
import { type PortName, portNames } from "../../../configs/settings";
import { repoRoot } from "../../../scripts/setup/paths";
import { run, tryRun } from "../../../scripts/setup/run";
import type { StackOptions } from "../../../scripts/stack/options";
import { freePorts } from "./ports";
import { killWithEnvironment } from "./processes";

export interface CommandResult {
  readonly code: number;
  /** Standard output and error, as the user would see them. */
  readonly output: string;
  readonly stdout: string;
}

/** A command that is under way. */
export interface RunningCommand {
  readonly done: Promise<CommandResult>;
  /** Everything that was printed so far. */
  output(): string;
}

/** A line of a stack trace: nothing to show to a person for a mistake of theirs. */
export const stackTrace = /^\s+at .+[(:]\d+:\d+\)?$/m;

type Setting = string | number | boolean;

/** What of a stack is on the engine, by name. */
export interface Belongings {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
}

let created = 0;

export class TestStack {
  /** The checkout whose commands are run; a test may put a changed copy here. */
  project = repoRoot;
  private readonly folder = mkdtempSync(join(tmpdir(), "medassist-e2e-"));
  private readonly configFile = join(this.folder, "settings.yaml");
  private settings: Record<string, Setting>;

  private constructor(
    readonly name: string,
    readonly ports: Readonly<Record<PortName, number>>,
  ) {
    this.settings = {
      publicAddress: "127.0.0.1",
      protectData: false,
      // Most tests are about the application path, which comes up quicker alone.
      monitoring: false,
      logging: false,
      ...Object.fromEntries(portNames.map((port) => [`${port}Port`, ports[port]])),
    };
    mkdirSync(this.home, { recursive: true });
    this.set({});
  }

  /** A stack that does not exist yet, on ports that nobody uses. `purpose` is short: it becomes part of the name. */
  static async create(purpose: string, settings: Record<string, Setting> = {}): Promise<TestStack> {
    const free = await freePorts(portNames.length);
    const ports = Object.fromEntries(portNames.map((port, i) => [port, free[i]])) as Record<PortName, number>;
    const stack = new TestStack(`e2e-${purpose}-${process.pid}-${++created}`, ports);
    stack.set(settings);
    return stack;
  }

  /** What the commands of this stack are told. */
  get options(): StackOptions {
    return { stack: this.name, settingsFile: this.configFile, home: this.home, flags: new Set() };
  }
  /** State folder of this stack (`.medassist/` of a user). */
  get home(): string {
    return join(this.folder, "home");
  }
  /** HAProxy. */
  get entryUrl(): string {
    return `http://127.0.0.1:${this.ports.entry}`;
  }
  /** Nginx. */
  get appUrl(): string {
    return `http://127.0.0.1:${this.ports.frontend}`;
  }
  /** Name of a service's container on the engine. */
  container(service: string): string {
    return `${this.name}-${service}`;
  }

  /** Changes settings for the next command; a value of undefined takes a setting back. */
  set(changes: Record<string, Setting | undefined>): void {
    const merged = { ...this.settings, ...changes };
    this.settings = Object.fromEntries(
      Object.entries(merged).filter((e): e is [string, Setting] => e[1] !== undefined),
    );
    const config = Object.fromEntries(Object.entries(this.settings).map(([key, value]) => [`medassist:${key}`, value]));
    writeFileSync(this.configFile, dump({ config }));
  }

  /** Starts `npm run <command>`. */
  start(command: string, ...args: string[]): RunningCommand {
    const all = ["scripts/door.mjs", command, ...args, "--stack", this.name, "--config-file", this.configFile];
    const env = { ...process.env, MEDASSIST_HOME: this.home };
    // A group of its own, so that a Ctrl-C meant for the tests does not reach it: they end it themselves.
    const child = spawn(process.execPath, all, {
      cwd: this.project,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const printed = { output: "", stdout: "" };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        printed.output += text;
        if (stream === child.stdout) printed.stdout += text;
      });
    }
    const done = new Promise<CommandResult>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? 1, ...printed }));
    });
    return { done, output: () => printed.output };
  }

  /** Runs `npm run <command>` to its end. */
  run(command: string, ...args: string[]): Promise<CommandResult> {
    return this.start(command, ...args).done;
  }

  /** Runs `npm run <command>`. @throws with everything it printed if it fails */
  async succeed(command: string, ...args: string[]): Promise<CommandResult> {
    const result = await this.run(command, ...args);
    if (result.code !== 0) throw new Error(`npm run ${command} ended with ${result.code}:\n${result.output}`);
    return result;
  }

  /** Runs `npm run up`. @throws with everything it printed if it fails */
  up(): Promise<CommandResult> {
    return this.succeed("up");
  }

  /** One statement as root inside the database's container. @returns the rows, tab-separated */
  async sql(statement: string): Promise<string> {
    const shell = 'mysql -uroot -p"$(cat /secrets/current/root-password)" --skip-column-names --batch -e "$0"';
    return (await run("docker", ["exec", this.container("mysql"), "sh", "-c", shell, statement])).stdout.trim();
  }

  /** Everything on the engine that is this stack's. */
  async belongings(): Promise<Belongings> {
    const list = async (format: string, ...args: string[]): Promise<string[]> =>
      (await run("docker", [...args, "--filter", `name=${this.name}-`, "--format", format])).stdout
        .split("\n")
        .filter((name) => name.startsWith(`${this.name}-`));
    return {
      containers: await list("{{.Names}}", "ps", "--all"),
      networks: await list("{{.Name}}", "network", "ls"),
      volumes: await list("{{.Name}}", "volume", "ls"),
    };
  }

  /** Ends every process of every command of this stack at once, as a power cut would. */
  kill(): Promise<void> {
    return killWithEnvironment("MEDASSIST_HOME", this.home);
  }

  /** Removes everything of this stack, whatever state it is in. It may be called twice. */
  async destroy(): Promise<void> {
    await this.kill();
    const { containers, networks, volumes } = await this.belongings();
    const anonymous = (await run("docker", ["ps", "-aq", "--filter", `label=${labelKeys.stack}=${this.name}`])).stdout;
    const all = [...containers, ...anonymous.split("\n").filter(Boolean)];
    if (all.length > 0) await tryRun("docker", ["rm", "--force", "--volumes", ...all], { timeLimitSeconds: 120 });
    if (networks.length > 0) await tryRun("docker", ["network", "rm", ...networks]);
    if (volumes.length > 0) await tryRun("docker", ["volume", "rm", "--force", ...volumes]);
    rmSync(this.folder, { recursive: true, force: true });
    const left = Object.values(await this.belongings()).flat();
    if (left.length > 0) throw new Error(`still there after the test: ${left.join(", ")}`);
  }
}
