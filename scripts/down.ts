/** `npm run down`: removes the platform. Protected data volumes and the passwords that open them stay, unless --data is given. */
import { createInterface } from "node:readline/promises";
import { labelKeys } from "../configs/labels";
import { ensureEngine, useEngine } from "./setup/engine";
import { SetupError } from "./setup/errors";
import { consoleLog } from "./setup/progress";
import { run } from "./setup/run";
import { main } from "./stack/main";
import { parseOptions } from "./stack/options";
import { recover } from "./stack/recover";
import { openSession, parallel } from "./stack/session";

main(async () => {
  const log = consoleLog();
  const options = parseOptions("down", {
    data: "remove the data volumes too, after asking",
    yes: "with --data: do not ask",
  });
  useEngine(await ensureEngine(log));
  const session = await openSession(options, log);
  await recover(session, options.stack, log);
  const withData = options.flags.has("data");
  if (withData) {
    const volumes = await dataVolumes(options.stack);
    if (volumes.length > 0 && !options.flags.has("yes")) await confirm(options.stack, volumes);
    await session.capture(["state", "unprotect", "--all", "--yes"]);
  }
  const code = await session.show([
    "destroy",
    "--yes",
    "--skip-preview",
    "--suppress-outputs",
    ...parallel,
    ...(withData ? [] : ["--exclude-protected"]),
  ]);
  const kept = await dataVolumes(options.stack);
  if (code === 0 && kept.length > 0) {
    process.stdout.write(
      `\nKept, with the passwords that open them: ${kept.join(", ")}. \`npm run up\` takes them up again; \`npm run down -- --data\` removes them.\n`,
    );
  }
  return code;
});

async function dataVolumes(stack: string): Promise<string[]> {
  const { stdout } = await run("docker", ["volume", "ls", "--quiet", "--filter", `label=${labelKeys.stack}=${stack}`]);
  return stdout.split("\n").filter((name) => name !== "");
}

async function confirm(stack: string, volumes: readonly string[]): Promise<void> {
  if (!process.stdin.isTTY)
    throw new SetupError("--data removes patients' data and asks first, and there is nobody to ask", "add --yes");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `This removes for good: ${volumes.join(", ")}. Type the stack's name (${stack}) to go on: `,
  );
  terminal.close();
  if (answer.trim() !== stack) throw new SetupError("not confirmed: nothing was removed");
}
