/** `npm run bench`: measures what docs/benchmarks.md states, on a stack of its own, and writes it there. About 15 minutes. */

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { TestStack } from "../test/e2e/support/testStack";
import { coldUp, noopUp } from "./bench/commands";
import { gaps, latency, unnoticedEvents } from "./bench/events";
import { healthChecks, memory } from "./bench/machine";
import { costOfWatching, editLive, timeToTell } from "./bench/monitoring";
import { type Finding, renderFindings } from "./bench/report";
import { ensureEngine, useEngine } from "./setup/engine";
import { ensureImages } from "./setup/images";
import { repoRoot } from "./setup/paths";
import { consoleLog, silent, step } from "./setup/progress";
import { main } from "./stack/main";
import { findImageSource } from "./stack/prepare";

const page = join(repoRoot, "docs", "benchmarks.md");
const marks = ["<!-- results -->", "<!-- end of results -->"] as const;

main(async () => {
  const log = consoleLog();
  const engine = await ensureEngine(log);
  useEngine(engine);
  const stack = await TestStack.create("bench");
  const findings: Finding[] = [];
  const measure = async (title: string, work: () => Promise<Finding | Finding[]>): Promise<void> => {
    const found = [await step(log, title, work)].flat();
    findings.push(...found);
    for (const f of found) log.line(`  ${f.holds ? "held" : "NOT HELD"}: ${f.what}: ${f.measured}`);
  };
  try {
    const imageSource = await findImageSource(stack.home, log);
    await step(log, "Making sure that the images are there", () => ensureImages(imageSource, silent));
    await measure("Cold up", () => coldUp(stack, "the application path alone", 45));
    await measure("Up with nothing to change", () => noopUp(stack));
    await measure("Health checks", () => healthChecks(stack, engine.host));
    await measure("Latency", () => latency(stack));
    await measure("Events that nobody may notice", () => unnoticedEvents(stack));
    await measure("Memory", () => memory(stack));
    await measure("Gaps of the entry", () => gaps(stack));
    await stack.destroy();
    const watched = await TestStack.create("watched", { monitoring: true });
    try {
      await measure("Cold up, watched", () => coldUp(watched, "with everything that watches", 75));
      await measure("Up with nothing to change, watched", () => noopUp(watched));
      await measure("Health checks, watched", () => healthChecks(watched, engine.host));
      await measure("A changed file of Prometheus", () => editLive(watched));
      await measure("Time to tell", () => timeToTell(watched));
      await measure("Cost of watching", () => costOfWatching(watched));
    } finally {
      await watched.destroy();
    }
  } finally {
    await stack.destroy();
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}, Docker ${engine.version} (cgroup v${engine.cgroupVersion}), ${new Date().toISOString().slice(0, 10)}`;
  const [before = "", rest = ""] = readFileSync(page, "utf8").split(marks[0]);
  const after = rest.split(marks[1])[1] ?? "\n";
  writeFileSync(page, `${before}${marks[0]}\n${machine}\n\n${renderFindings(findings)}\n${marks[1]}${after}`);
  log.line(`Written to ${page}`);
  return findings.every((f) => f.holds) ? 0 : 1;
});
