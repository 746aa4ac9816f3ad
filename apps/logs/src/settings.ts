/** What the process is told: environment variables and secret files, checked once at start. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accounts, type Desired, parseDesired } from "./desired";
import { type LogLevel, logLevels } from "./logger";

/** `EX_CONFIG` of sysexits.h: the environment is wrong, starting again will not help. */
export const exitConfig = 78;

/** Times are milliseconds. */
export interface Settings {
  readonly port: number;
  readonly stack: string;
  readonly revision: string;
  readonly logLevel: LogLevel;
  readonly elasticsearchUrl: string;
  readonly filebeatUrl: string;
  readonly caFile: string;
  /** Certificates of the authority, PEM. */
  readonly authority: string;
  readonly desired: Desired;
  /** By user. */
  readonly passwords: Readonly<Record<string, string>>;
  readonly reconcile: number;
  readonly canary: number;
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
  const url = (name: string, protocol: "http:" | "https:"): string => {
    const found = value(name);
    if (!found) missing(name);
    else if (!URL.canParse(found) || new URL(found).protocol !== protocol)
      problems.push(`${name} must be an address that begins with ${protocol}//`);
    return found.replace(/\/+$/, "");
  };
  const readText = (path: string): string => {
    let content: string;
    try {
      content = readFile(path);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
      throw new Error(`the file cannot be read (${code})`);
    }
    if (content.trim() === "") throw new Error("the file is empty");
    return content;
  };
  /** What `use` makes of the file that a variable names. */
  const file = <T>(name: string, use: (content: string) => T): T | undefined => {
    if (!value(name)) return void missing(name);
    try {
      return use(readText(value(name)));
    } catch (error) {
      return void problems.push(`${name}: ${error instanceof Error ? error.message : "cannot be used"}`);
    }
  };
  const certificates = (content: string): string => {
    if (!content.includes("-----BEGIN CERTIFICATE-----")) throw new Error("must hold a certificate as PEM");
    return content;
  };
  const readPasswords = (folder: string, desired: Desired): Record<string, string> =>
    Object.fromEntries(
      accounts(desired).map((user) => {
        try {
          return [user, readText(join(folder, user)).replace(/[\r\n]+$/, "")];
        } catch (error) {
          problems.push(`PASSWORDS_FOLDER: ${user}: ${error instanceof Error ? error.message : "cannot be used"}`);
          return [user, ""];
        }
      }),
    );

  const level = text("LOG_LEVEL", new RegExp(`^(${logLevels.join("|")})$`), "info");
  const desired = file("DESIRED_FILE", parseDesired);
  const folder = text("PASSWORDS_FOLDER", /^\//);
  const common = {
    port: integer("PORT", 1, 65_535, 9096),
    stack: text("STACK", /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/),
    revision: text("MEDASSIST_REVISION", /^[A-Za-z0-9_.+-]{1,64}$/, "unknown"),
    logLevel: logLevels.find((known) => known === level) ?? "info",
    elasticsearchUrl: url("ELASTICSEARCH_URL", "https:"),
    filebeatUrl: url("FILEBEAT_URL", "http:"),
    caFile: value("CA_FILE"),
    authority: file("CA_FILE", certificates) ?? "",
    passwords: desired && folder ? readPasswords(folder, desired) : {},
    reconcile: integer("RECONCILE_SECONDS", 1, 86_400, 60) * 1000,
    canary: integer("CANARY_SECONDS", 1, 86_400, 15) * 1000,
  };
  if (problems.length > 0 || !desired) throw new SettingsError(problems.join("; "));
  return { ...common, desired };
}
