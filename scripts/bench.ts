/**
 * `npm run bench [-- PART …]`: measures what docs/benchmarks.md states, each part on a stack of its own, and writes its
 * table there: `application`, about 10 minutes, `watched`, about 20, and `logs`, about 15.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { TestStack } from "../test/e2e/support/testStack";
import { coldUp, noopUp } from "./bench/commands";
import { gaps, latency, unnoticedEvents } from "./bench/events";
import { costOfShipping, manyLines, timeToFind } from "./bench/logs";
import { healthChecks, memory } from "./bench/machine";
import { costOfWatching, editLive, timeToTell } from "./bench/monitoring";
import { type Finding, renderFindings, replaceResults } from "./bench/report";
import { ensureEngine, useEngine } from "./setup/engine";
import { SetupError } from "./setup/errors";
import { ensureImages } from "./setup/images";
import { repoRoot } from "./setup/paths";
import { consoleLog, silent, step } from "./setup/progress";
import { main } from "./stack/main";
import { findImageSource } from "./stack/prepare";

const page = join(repoRoot, "docs", "benchmarks.md");

type Measurement = readonly [title: string, work: () => Promise<Finding | Finding[]>];

/** What is measured on one stack, in order. */
const parts: Readonly<
  Record<
    string,
    {
      readonly settings: Readonly<Record<string, boolean>>;
      readonly measure: (s: TestStack, host: string) => Measurement[];
    }
  >
> = {
  application: {
    settings: {},
    measure: (stack, host) => [
      ["Cold up", () => coldUp(stack, 45)],
      ["Up with nothing to change", () => noopUp(stack)],
      ["Health checks", () => healthChecks(stack, host)],
      ["Latency", () => latency(stack)],
      ["Events that nobody may notice", () => unnoticedEvents(stack)],
      ["Memory", () => memory(stack)],
      ["Gaps of the entry", () => gaps(stack)],
    ],
  },
  watched: {
    settings: { monitoring: true },
    measure: (stack, host) => [
      ["Cold up", () => coldUp(stack, 75)],
      ["Up with nothing to change", () => noopUp(stack)],
      ["Health checks", () => healthChecks(stack, host)],
      ["A changed file of Prometheus", () => editLive(stack)],
      ["Cost of watching", () => costOfWatching(stack)],
      ["Time to tell", () => timeToTell(stack)],
    ],
  },
  logs: {
    settings: { logging: true },
    measure: (stack) => [
      ["Cold up", () => coldUp(stack, 75)],
      ["Time to find a line", () => timeToFind(stack)],
      ["Cost of shipping", () => costOfShipping(stack)],
      ["Many lines", () => manyLines(stack)],
    ],
  },
};

main(async () => {
  const log = consoleLog();
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !(name in parts));
  if (unknown.length > 0)
    throw new SetupError(
      `there is no part "${unknown[0]}" of the benchmark. There are: ${Object.keys(parts).join(", ")}`,
    );
  const engine = await ensureEngine(log);
  useEngine(engine);
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}, Docker ${engine.version} (cgroup v${engine.cgroupVersion}), ${new Date().toISOString().slice(0, 10)}`;
  let held = true;
  for (const [name, part] of Object.entries(parts).filter(([n]) => asked.length === 0 || asked.includes(n))) {
    const stack = await TestStack.create(`bench-${name.slice(0, 5)}`, part.settings);
    const findings: Finding[] = [];
    try {
      const imageSource = await findImageSource(stack.home, log);
      await step(log, "Making sure that the images are there", () => ensureImages(imageSource, silent));
      for (const [title, work] of part.measure(stack, engine.host)) {
        const found = [await step(log, `${name}: ${title}`, work)].flat();
        findings.push(...found);
        for (const f of found) log.line(`  ${f.holds ? "held" : "NOT HELD"}: ${f.what}: ${f.measured}`);
      }
    } finally {
      await stack.destroy();
    }
    const table = `${machine}\n\n${renderFindings(findings)}`;
    writeFileSync(page, replaceResults(readFileSync(page, "utf8"), name, table));
    held &&= findings.every((f) => f.holds);
  }
  log.line(`Written to ${page}`);
  return held ? 0 : 1;
});
