/**
 * `npm run doctor`: what is there, what is missing, and the command that mends it. Changes nothing.
 * Exit code 0 when all is well, else 1. `--json` prints {ok, checks} for programs.
 */
import { totalmem } from "node:os";
import {
  type Check,
  checkEngine,
  checkGo,
  checkNode,
  checkPackages,
  checkPulumi,
  type EngineRoom,
  formatChecks,
} from "./setup/checks";
import { probeEngine } from "./setup/engine";
import { describeError, SetupError } from "./setup/errors";
import { freeGiB, pinnedVersions, repoRoot } from "./setup/paths";
import { packagesState } from "./setup/plain/packages.mjs";
import { findPulumi } from "./setup/pulumi";
import { goSettings } from "./setup/toolchain";

/** Looks at one part of the system; may ask, must not change anything, and reports a failure as a check, not an error. */
export type CheckSource = () => Promise<Check[]>;

/**
 * Hook: checks of parts that the setup does not know. The images add theirs here (base image and offline images
 * present), and so do the settings (published ports free, or held by this stack).
 */
const further: CheckSource[] = [];

async function allChecks(): Promise<Check[]> {
  const versions = pinnedVersions();
  const [probe, pulumi, others] = await Promise.all([
    probeEngine(),
    findPulumi(),
    Promise.all(further.map((source) => source())),
  ]);
  return [
    checkNode(process.versions.node, versions.node),
    checkPackages(packagesState(repoRoot).state),
    ...checkEngine(probe, thisMachine()),
    checkPulumi(pulumi, versions.pulumi),
    checkGo(pulumi ? { version: "" } : await lookAtGo(), pulumi !== undefined),
    ...others.flat(),
  ];
}

function thisMachine(): EngineRoom {
  const rootDir = "/var/lib/docker"; // where an engine that is installed here will put its images
  return { rootDir, freeDiskGiB: freeGiB(rootDir), memoryGiB: totalmem() / 2 ** 30 };
}

async function lookAtGo(): Promise<{ version: string } | { problem: string; mend: string }> {
  try {
    return { version: (await goSettings()).GOVERSION };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return { problem: error.problem, mend: error.mend ?? "install Go" };
  }
}

async function main(args: readonly string[]): Promise<void> {
  const unknown = args.find((arg) => arg !== "--json");
  if (unknown !== undefined) throw new SetupError(`doctor does not know "${unknown}"`, "npm run doctor [-- --json]");
  const checks = await allChecks();
  const ok = checks.every((check) => check.ok);
  console.log(args.includes("--json") ? JSON.stringify({ ok, checks }, null, 2) : formatChecks(checks));
  process.exitCode = ok ? 0 : 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
