/** What the process is told: environment variables and secret files, checked once at start. */
import { readFileSync } from "node:fs";
import { type LogLevel, logLevels } from "./logger";
import { type MaintenanceWindow, parseMaintenance } from "./maintenance";
import { isHttpUrl, parseReceivers, type Receiver } from "./receivers";

/** `EX_CONFIG` of sysexits.h: the environment is wrong, starting again will not help. */
export const exitConfig = 78;

/** Times are milliseconds. */
export interface Settings {
  readonly port: number;
  readonly stack: string;
  readonly revision: string;
  readonly logLevel: LogLevel;
  readonly dataDir: string;
  /** Folder with a page of HTML for each runbook. */
  readonly runbooksDir: string | undefined;
  readonly webhookToken: string;
  readonly adminPassword: string;
  readonly alertmanagerUrl: string;
  readonly prometheusUrl: string;
  readonly receivers: readonly Receiver[];
  /** Requested each minute while the heartbeat is alive. */
  readonly heartbeatUrl: string | undefined;
  readonly heartbeatLimit: number;
  /** Planned work, during which alerts are muted. */
  readonly maintenance: MaintenanceWindow | undefined;
  readonly quiet: number;
  readonly poll: number;
  readonly vanish: number;
  readonly retention: { readonly age: number; readonly alerts: number };
}

/** The environment is incomplete or wrong; the text names every variable at fault, and no value. */
export class SettingsError extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws SettingsError */
export function readSettings(
  environment: Environment,
  readFile = (path: string) => readFileSync(path, "utf8"),
): Settings {
  const problems: string[] = [];
  const value = (name: string): string => environment[name] ?? "";
  const missing = (name: string): void => void problems.push(`${name} is missing`);

  const text = (name: string, pattern: RegExp, fallback?: string): string => {
    const found = value(name) || fallback;
    if (found === undefined) missing(name);
    else if (!pattern.test(found)) problems.push(`${name} must match ${pattern.source}`);
    return found ?? "";
  };
  const integer = (name: string, low: number, high: number, fallback: number): number => {
    const found = value(name) || String(fallback);
    if (/^\d{1,12}$/.test(found) && Number(found) >= low && Number(found) <= high) return Number(found);
    problems.push(`${name} must be an integer from ${low} to ${high}`);
    return fallback;
  };
  const seconds = (name: string, low: number, high: number, fallback: number): number =>
    integer(name, low, high, fallback) * 1000;
  const url = (name: string): string => {
    const found = value(name);
    if (!found) missing(name);
    else if (!isHttpUrl(found)) problems.push(`${name} must be an http or https address`);
    return found.replace(/\/+$/, "");
  };
  const readSecret = (path: string): string => {
    let content: string;
    try {
      content = readFile(path).replace(/[\r\n]+$/, "");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
      throw new Error(`the file cannot be read (${code})`);
    }
    if (content === "") throw new Error("the file is empty");
    return content;
  };
  /** What `use` makes of the file that a variable names. */
  const file = <T>(name: string, fallback: T, use: (content: string) => T): T => {
    try {
      return use(readSecret(value(name)));
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : "cannot be used"}`);
      return fallback;
    }
  };
  const secret = (name: string): string => {
    if (value(name)) return file(name, "", (content) => content);
    missing(name);
    return "";
  };
  const heartbeatAddress = (content: string): string => {
    if (!isHttpUrl(content)) throw new Error("must hold an http or https address");
    return content;
  };

  const maintenance = (): MaintenanceWindow | undefined => {
    if (!value("MAINTENANCE")) return undefined;
    try {
      return parseMaintenance(value("MAINTENANCE"));
    } catch (error) {
      problems.push(`MAINTENANCE: ${error instanceof Error ? error.message : "cannot be used"}`);
      return undefined;
    }
  };

  const level = text("LOG_LEVEL", new RegExp(`^(${logLevels.join("|")})$`), "info");
  const settings: Settings = {
    port: integer("PORT", 1, 65_535, 9095),
    stack: text("STACK", /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/),
    revision: text("MEDASSIST_REVISION", /^[A-Za-z0-9_.+-]{1,64}$/, "unknown"),
    logLevel: logLevels.find((known) => known === level) ?? "info",
    dataDir: text("DATA_DIR", /^\//, "/data"),
    runbooksDir: value("RUNBOOKS_DIR") ? text("RUNBOOKS_DIR", /^\//) : undefined,
    webhookToken: secret("WEBHOOK_TOKEN_FILE"),
    adminPassword: secret("ADMIN_PASSWORD_FILE"),
    alertmanagerUrl: url("ALERTMANAGER_URL"),
    prometheusUrl: url("PROMETHEUS_URL"),
    receivers: value("RECEIVERS_FILE")
      ? file<Receiver[]>("RECEIVERS_FILE", [], (content) => parseReceivers(content, readSecret))
      : [],
    heartbeatUrl: value("HEARTBEAT_URL_FILE") ? file("HEARTBEAT_URL_FILE", "", heartbeatAddress) : undefined,
    heartbeatLimit: seconds("HEARTBEAT_SECONDS", 5, 86_400, 120),
    maintenance: maintenance(),
    quiet: seconds("QUIET_SECONDS", 0, 86_400, 60),
    poll: seconds("POLL_SECONDS", 1, 3600, 5),
    vanish: seconds("VANISH_SECONDS", 1, 86_400, 90),
    retention: {
      age: seconds("RETENTION_DAYS", 1, 36_500, 400) * 86_400,
      alerts: integer("HISTORY_LIMIT", 10, 50_000, 5000),
    },
  };
  if (problems.length > 0) throw new SettingsError(problems.join("; "));
  return settings;
}
