/** How long the commands take: a cold `up`, and one with nothing to change. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { TestStack } from "../../test/e2e/support/testStack";
import { repoRoot } from "../setup/paths";
import { silent } from "../setup/progress";
import { run } from "../setup/run";
import { openSession, parallel } from "../stack/session";
import { type Finding, spread, statistics } from "./report";

const rounds = 7;

/** `npm run up` from nothing, with images present; the stack stays. Bound in seconds. */
export async function coldUp(stack: TestStack, bound: number): Promise<Finding> {
  const start = performance.now();
  await stack.up();
  const took = (performance.now() - start) / 1000;
  return {
    what: `Cold \`npm run up\`, images present, to all healthy`,
    measured: `${took.toFixed(1)} s`,
    bound: `≤ ${bound} s`,
    holds: took <= bound,
  };
}

/**
 * `pulumi up` with nothing to change against an empty program: same backend, passphrase and one secret, taken in turn
 * in the same run, so that what else the machine does hits both.
 */
export async function noopUp(stack: TestStack): Promise<Finding[]> {
  const session = await openSession(stack.options, silent);
  const folder = mkdtempSync(join(tmpdir(), "medassist-bench-"));
  const empty = ["--stack", "empty", "--cwd", folder, "--yes", "--skip-preview", ...parallel];
  const pulumi = (args: readonly string[]) =>
    run("pulumi", args, { cwd: folder, env: session.env, timeLimitSeconds: 120 });
  const up = ["up", "--yes", "--skip-preview", ...parallel];
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "Pulumi.yaml"), "name: empty\nruntime: nodejs\n");
    writeFileSync(join(folder, "package.json"), '{"name":"empty","main":"index.ts"}\n');
    writeFileSync(
      join(folder, "index.ts"),
      'Error.stackTraceLimit = 0;\nimport * as pulumi from "@pulumi/pulumi";\nexport const secret = pulumi.secret("x");\n',
    );
    symlinkSync(join(repoRoot, "tsconfig.json"), join(folder, "tsconfig.json"));
    symlinkSync(join(repoRoot, "node_modules"), join(folder, "node_modules"));
    await pulumi(["stack", "init", "empty"]);
    await pulumi(["up", ...empty]);
    await session.capture(up);

    const times: Record<"empty" | "ours" | "refreshed", number[]> = { empty: [], ours: [], refreshed: [] };
    const time = async (list: number[], work: () => Promise<unknown>): Promise<void> => {
      const start = performance.now();
      await work();
      list.push(performance.now() - start);
    };
    for (let i = 0; i < rounds; i++) {
      await time(times.empty, () => pulumi(["up", ...empty]));
      await time(times.ours, () => session.capture(up));
      await time(times.refreshed, () => session.capture([...up, "--refresh"]));
    }
    const state = JSON.parse(await session.capture(["stack", "export"])) as { deployment: { resources: unknown[] } };
    const resources = state.deployment.resources.length;
    const [none, ours, refreshed] = [statistics(times.empty), statistics(times.ours), statistics(times.refreshed)];
    const each = (ours.median - none.median) / resources;
    return [
      {
        what: `\`up\` with nothing to change: ${resources} resources`,
        measured: `${spread(ours, 0, "ms")}; empty program ${spread(none, 0, "ms")}: ${(ours.median / none.median).toFixed(2)} times, ${each.toFixed(0)} ms a resource more`,
        bound: "≤ 30 ms a resource more",
        holds: each <= 30,
      },
      {
        what: "What `--refresh` adds to it",
        measured: `${(refreshed.median - ours.median).toFixed(0)} ms: ${(refreshed.median / ours.median).toFixed(2)} times`,
        bound: "stated",
        holds: true,
      },
    ];
  } finally {
    await pulumi(["stack", "rm", "empty", "--yes", "--force"]).catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  }
}
