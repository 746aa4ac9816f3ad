import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { load } from "js-yaml";
import { imageSourceFile, readImageSource } from "../../configs/imageSource";
import { type ImageSource, parseSettings, projectName, type Settings, SettingsError } from "../../configs/settings";
import { SetupError } from "../setup/errors";
import { repoRoot } from "../setup/paths";
import type { StackOptions } from "./options";

/**
 * The settings of a stack as its program will see them, checked before Pulumi is even started.
 * @throws SetupError naming every wrong setting
 */
export function settingsOf(options: StackOptions): Settings {
  const prefix = `${projectName}:`;
  const raw = Object.fromEntries(
    Object.entries(readConfig(options.settingsFile))
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), typeof value === "string" ? value : String(value)]),
  );
  try {
    return parseSettings(raw, {
      stack: options.stack,
      imageSourceFound: readImageSource(options.home),
      readFile: (path) => readFileSync(resolve(repoRoot, path), "utf8"),
    });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new SetupError(
      `${options.settingsFile}: ${error.message}`,
      `edit the file, or: pulumi config set --config-file ${options.settingsFile} ${projectName}:<key> <value>`,
    );
  }
}

/** The `config` part of a stack's settings file; empty when there is no such file. */
export function readConfig(file: string): Readonly<Record<string, unknown>> {
  if (!existsSync(file)) return {};
  let parsed: unknown;
  try {
    parsed = load(readFileSync(file, "utf8"));
  } catch (error) {
    throw new SetupError(`${file} is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const config = (parsed as { config?: unknown } | null)?.config ?? {};
  if (typeof config !== "object" || Array.isArray(config))
    throw new SetupError(`${file}: "config" must be a list of "${projectName}:<key>: <value>" lines`);
  return config as Record<string, unknown>;
}

/** Kept for good: MySQL's data folder and MariaDB's are not each other's, so a stack must not change over by itself. */
export function writeImageSource(home: string, source: ImageSource): void {
  mkdirSync(home, { recursive: true });
  writeFileSync(imageSourceFile(home), `${source}\n`);
}
