/** Files of Pulumi's file backend that a killed command was just writing. */
import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { projectName } from "../../configs/settings";
import type { Log } from "../setup/progress";

/**
 * Makes the stack's state readable again. Pulumi writes it to a temporary file and renames that, but it writes the
 * notes beside it (`.attrs`) in place; a kill at that moment leaves them empty, and every later command fails with
 * "failed to load checkpoint: EOF". Without them it works. Only to be called while nobody else works on the stack.
 * @param state root folder of the file backend
 */
export function mendStateFiles(state: string, stack: string, log: Log): void {
  const file = join(state, ".pulumi", "stacks", projectName, `${stack}.json`);
  const backup = `${file}.bak`;
  for (const notes of [`${file}.attrs`, `${backup}.attrs`]) {
    if (existsSync(notes) && !isJson(notes)) rmSync(notes);
  }
  if (existsSync(file) && !isJson(file) && existsSync(backup) && isJson(backup)) {
    log.line("It was killed while it wrote its state: going back to the state one step before");
    copyFileSync(backup, file);
  }
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}
