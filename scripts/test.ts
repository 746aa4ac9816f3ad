/** `npm test`: the one door. Runs every part, prints what was skipped and why, and closes with the counts. */
import { type PartName, parts } from "../test/parts";
import { SetupError } from "./setup/errors";
import { consoleLog } from "./setup/progress";
import { main } from "./stack/main";
import { provide } from "./testing/provide";
import { type Counts, runPart } from "./testing/runPart";

main(async () => {
  const log = consoleLog();
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !(name in parts));
  if (unknown.length > 0)
    throw new SetupError(`there is no part "${unknown[0]}" of the tests. There are: ${Object.keys(parts).join(", ")}`);
  const names = (asked.length > 0 ? asked : Object.keys(parts)) as PartName[];

  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const name of names) {
    await provide(parts[name].needs, log);
    const counts = await runPart(name, parts[name], log);
    for (const key of ["passed", "failed", "skipped"] as const) total[key] += counts[key];
    // Without these, what comes later would only fail as well, and take an hour for it.
    if (counts.failed > 0 && parts[name].essential) {
      log.line(`${name} failed: the parts after it were not run`);
      break;
    }
  }
  process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
});
