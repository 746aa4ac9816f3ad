/** The commands that a runbook's page gives to paste. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repoRoot } from "../../../scripts/setup/paths";

export interface Command {
  readonly page: string;
  readonly text: string;
}

/** Every shell block of the section "Check" of every page, in order. */
export function checkCommands(): Command[] {
  const folder = join(repoRoot, "runbooks");
  return readdirSync(folder)
    .filter((file) => /^P\d_.*\.md$/.test(file))
    .sort()
    .flatMap((page) => {
      const text = readFileSync(join(folder, page), "utf8");
      const section = text.slice(text.indexOf("\n## Check"), text.indexOf("\n## Act"));
      return [...section.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((block) => ({ page, text: block[1] ?? "" }));
    });
}
