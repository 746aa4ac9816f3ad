/** The command lines of `npm run logs` and `npm run logs:search`, read and checked. */
import { parseArgs } from "node:util";
import { type LogLevel, logLevels } from "../../configs/logs/fields";
import { type Duration, days, hours, minutes, seconds } from "../../configs/units";
import { SetupError } from "../setup/errors";
import { parseOptions, type StackOptions } from "../stack/options";

/** Which lines somebody wants to see. */
export interface Wish {
  /** None: all. */
  readonly services: readonly string[];
  /** Not older than this. */
  readonly since: Duration;
  readonly status: StatusRange | undefined;
  /** The id of one request, in the lines of everybody it went through. */
  readonly request: string | undefined;
  /** This level and the worse ones. */
  readonly level: LogLevel | undefined;
  /** Something that they say. */
  readonly text: string | undefined;
}

/** HTTP statuses from one to another, both of them in it. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

export interface LogsCommand {
  readonly stack: StackOptions;
  readonly wish: Wish;
  /** Go on with new lines until Ctrl-C. */
  readonly follow: boolean;
  /** Documents as they are stored, a line each. */
  readonly json: boolean;
}

interface Option {
  readonly type: "string" | "boolean";
  readonly multiple?: true;
  /** As it stands in the list of what is allowed. */
  readonly words: string;
}

const common = {
  stack: { type: "string", words: "--stack NAME (default dev)" },
  "config-file": { type: "string", words: "--config-file FILE (default Pulumi.<stack>.yaml)" },
  json: { type: "boolean", words: "--json (documents as they are stored, a line each)" },
} as const satisfies Record<string, Option>;

const since = (standard: string) =>
  ({ type: "string", words: `--since 90s, 10m, 24h or 7d (default ${standard})` }) as const;

const logsOptions = {
  service: { type: "string", multiple: true, words: "--service api2 (several: again, or with commas)" },
  since: since("10m"),
  status: { type: "string", words: "--status 5xx, or 503" },
  request: { type: "string", words: "--request ID (one request, wherever it went)" },
  level: { type: "string", words: `--level ${logLevels.join(", ")} (and worse)` },
  follow: { type: "boolean", words: "--follow (go on with new lines, until Ctrl-C)" },
  ...common,
} as const satisfies Record<string, Option>;

const searchOptions = { since: since("24h"), ...common } as const satisfies Record<string, Option>;

/** @throws SetupError that says what is allowed */
export function parseLogs(args: readonly string[]): LogsCommand {
  const { values, positionals } = read("logs", logsOptions, args);
  if (positionals.length > 0) {
    throw new SetupError(
      `npm run logs takes no text (${positionals.join(" ")})`,
      `npm run logs:search -- ${positionals.join(" ")}`,
    );
  }
  const wish = {
    services: listOf(values.service)
      .flatMap((name) => name.split(","))
      .map((name) => name.trim())
      .filter((name) => name !== ""),
    since: parseAge(textOf(values.since) ?? "10m"),
    status: parseStatus(textOf(values.status)),
    request: notEmpty("--request", textOf(values.request)),
    level: parseLevel(textOf(values.level)),
    text: undefined,
  };
  return { stack: stackOf("logs", values), wish, follow: values.follow === true, json: values.json === true };
}

/** @throws SetupError that says what is allowed */
export function parseSearch(args: readonly string[]): LogsCommand {
  const { values, positionals } = read("logs:search", searchOptions, args);
  const text = positionals.join(" ").trim();
  if (text === "") throw new SetupError("nothing to search for", "npm run logs:search -- TEXT [--since 24h] [--json]");
  const wish = {
    services: [],
    since: parseAge(textOf(values.since) ?? "24h"),
    status: undefined,
    request: undefined,
    level: undefined,
    text,
  };
  return { stack: stackOf("logs:search", values), wish, follow: false, json: values.json === true };
}

type Values = Readonly<Record<string, unknown>>;

function read(command: string, options: Readonly<Record<string, Option>>, args: readonly string[]) {
  try {
    const known = Object.entries(options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]);
    return parseArgs({ args: [...args], options: Object.fromEntries(known), allowPositionals: true }) as {
      values: Values;
      positionals: string[];
    };
  } catch (error) {
    const what = error instanceof Error ? error.message.split(".")[0] : String(error);
    const allowed = Object.values(options).map((option) => option.words);
    throw new SetupError(`npm run ${command}: ${what}. Allowed are:\n    ${allowed.join("\n    ")}`);
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function stackOf(command: string, values: Values): StackOptions {
  const given = ["stack", "config-file"].flatMap((name) => {
    const value = textOf(values[name]);
    return value === undefined ? [] : [`--${name}`, value];
  });
  return parseOptions(command, {}, given);
}

const units: Readonly<Record<string, (n: number) => Duration>> = { s: seconds, m: minutes, h: hours, d: days };
/** Longer than anything is kept. */
const longest = days(36_500);

/** "90s", "10m", "24h", "7d". */
export function parseAge(text: string): Duration {
  const [, number = "", unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const age = units[unit]?.(Number(number));
  if (age === undefined || age.milliseconds === 0 || age.milliseconds > longest.milliseconds) {
    throw new SetupError(`--since is "${text}": allowed is a number with s, m, h or d, such as 90s, 10m, 24h or 7d`);
  }
  return age;
}

function parseStatus(text: string | undefined): StatusRange | undefined {
  if (text === undefined) return undefined;
  const [, hundreds] = /^([1-5])xx$/i.exec(text) ?? [];
  if (hundreds !== undefined) return { from: Number(hundreds) * 100, to: Number(hundreds) * 100 + 99 };
  if (/^[1-5]\d\d$/.test(text)) return { from: Number(text), to: Number(text) };
  throw new SetupError(`--status is "${text}": allowed is one status, such as 503, or a class of them, such as 5xx`);
}

function parseLevel(text: string | undefined): LogLevel | undefined {
  if (text === undefined) return undefined;
  const level = logLevels.find((known) => known === text.toLowerCase());
  if (level === undefined) throw new SetupError(`--level is "${text}": allowed is one of ${logLevels.join(", ")}`);
  return level;
}

function notEmpty(option: string, text: string | undefined): string | undefined {
  if (text?.trim() === "") throw new SetupError(`${option} is empty`);
  return text?.trim();
}
