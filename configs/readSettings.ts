import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { readImageSource } from "./imageSource";
import { parseSettings, projectName, type Settings, SettingsError } from "./settings";

/**
 * The stack's settings, from Pulumi's configuration.
 * @throws SettingsError before any resource exists
 */
export function readSettings(): Settings {
  const prefix = `${projectName}:`;
  const raw = Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
  try {
    return parseSettings(raw, {
      stack: pulumi.getStack(),
      imageSourceFound: readImageSource(process.env.MEDASSIST_HOME ?? ".medassist"),
      readFile: (path) => readFileSync(path, "utf8"),
    });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const forPeople = new pulumi.RunError(error.message); // Pulumi prints its message alone
    forPeople.stack = error.message;
    throw forPeople;
  }
}
