import { join } from "node:path";
import { parseArgs } from "node:util";
import { SetupError } from "../setup/errors";
import { repoRoot } from "../setup/paths";

/** Which stack a command is about, and where its state is kept. */
export interface StackOptions {
  readonly stack: string;
  /** The user's settings: Pulumi.<stack>.yaml, unless another file is named. It need not exist. */
  readonly settingsFile: string;
  /** Folder of state, passphrase and findings: `.medassist/`, or MEDASSIST_HOME. */
  readonly home: string;
  /** Flags of the command itself that were given. */
  readonly flags: ReadonlySet<string>;
}

/**
 * Reads the command line of `npm run <command> -- …`.
 * @param known the command's own flags, with what each does
 * @throws SetupError for anything else, naming what is allowed
 */
export function parseOptions(
  command: string,
  known: Readonly<Record<string, string>>,
  args: readonly string[] = process.argv.slice(2),
): StackOptions {
  const booleans = Object.fromEntries(Object.keys(known).map((name) => [name, { type: "boolean" as const }]));
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { stack: { type: "string" }, "config-file": { type: "string" }, ...booleans },
    });
    const stack = typeof values.stack === "string" ? values.stack : "dev";
    const given = values["config-file"];
    return {
      stack,
      settingsFile: typeof given === "string" ? given : join(repoRoot, `Pulumi.${stack}.yaml`),
      home: homeFolder(),
      flags: new Set(Object.keys(known).filter((name) => (values as Record<string, unknown>)[name] === true)),
    };
  } catch (error) {
    const own = Object.entries(known).map(([name, does]) => `--${name} (${does})`);
    const allowed = ["--stack NAME (default dev)", "--config-file FILE (default Pulumi.<stack>.yaml)", ...own];
    throw new SetupError(
      `npm run ${command}: ${error instanceof Error ? error.message.split(".")[0] : String(error)}. Allowed are:\n    ${allowed.join("\n    ")}`,
    );
  }
}

export const homeFolder = (): string => process.env.MEDASSIST_HOME ?? join(repoRoot, ".medassist");
