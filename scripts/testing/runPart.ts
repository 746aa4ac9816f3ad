import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allowedSkips } from "../../test/allowedSkips";
import type { Part } from "../../test/parts";
import { repoRoot } from "../setup/paths";
import { type Log, step } from "../setup/progress";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs one part of the tests. A skipped test counts as failed unless its reason is on the committed list. */
export async function runPart(name: string, part: Part, log: Log): Promise<Counts> {
  return step(log, `${name}: ${part.what}`, async () => {
    if (part.kind === "commands") {
      const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
      for (const [command, ...args] of part.commands) {
        const code = await inherit(command ?? "", args);
        if (code !== 0) log.line(`${[command, ...args].join(" ")} ended with ${code}`);
        counts[code === 0 ? "passed" : "failed"]++;
      }
      return counts;
    }
    return runMocha(part, log);
  });
}

interface MochaReport {
  stats: { passes: number; failures: number };
  pending: { fullTitle: string }[];
}

async function runMocha({ files, timeLimitSeconds, jobs }: Part & { kind: "mocha" }, log: Log): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), "medassist-test-"));
  const report = join(folder, "report.json");
  const mocha = [
    "mocha",
    "--timeout",
    String(timeLimitSeconds * 1000),
    ...(jobs > 1 ? ["--parallel", "--jobs", String(jobs)] : []),
    "--reporter",
    join(repoRoot, "test/support/reporter.cjs"),
    "--reporter-option",
    `output=${report}`,
  ];
  try {
    const code = await inherit("npx", ["--no-install", ...mocha, ...files]);
    const { stats, pending } = JSON.parse(readFileSync(report, "utf8")) as MochaReport;
    const unlisted = pending.filter(({ fullTitle }) => !(fullTitle in allowedSkips));
    for (const { fullTitle } of pending) {
      log.line(
        `skipped: ${fullTitle}: ${allowedSkips[fullTitle] ?? "NOT ON THE LIST test/allowedSkips.ts, so it counts as failed"}`,
      );
    }
    const failed = stats.failures + unlisted.length;
    // Mocha also fails for what belongs to no test, such as a hook or a file that cannot be read.
    return {
      passed: stats.passes,
      failed: failed === 0 && code !== 0 ? 1 : failed,
      skipped: pending.length - unlisted.length,
    };
  } catch (error) {
    log.line(`mocha left no report: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inherit(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { cwd: repoRoot, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}
