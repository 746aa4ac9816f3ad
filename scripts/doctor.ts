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
import { SetupError } from "./setup/errors";
import { freeGiB, pinnedVersions, repoRoot } from "./setup/paths";
import { packagesState } from "./setup/plain/packages.mjs";
import { findPulumi } from "./setup/pulumi";
import { goSettings } from "./setup/toolchain";
import { stackChecks } from "./stack/checks";
import { main } from "./stack/main";
import { parseOptions, type StackOptions } from "./stack/options";

async function allChecks(options: StackOptions): Promise<Check[]> {
  const versions = pinnedVersions();
  const [probe, pulumi] = await Promise.all([probeEngine(), findPulumi()]);
  return [
    checkNode(process.versions.node, versions.node),
    checkPackages(packagesState(repoRoot).state),
    ...checkEngine(probe, thisMachine()),
    checkPulumi(pulumi, versions.pulumi),
    checkGo(pulumi ? { version: "" } : await lookAtGo(), pulumi !== undefined),
    ...(await stackChecks(options, probe.state === "ready")),
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

main(async () => {
  const options = parseOptions("doctor", { json: "machine-readable" });
  const checks = await allChecks(options);
  const ok = checks.every((check) => check.ok);
  console.log(options.flags.has("json") ? JSON.stringify({ ok, checks }, null, 2) : formatChecks(checks));
  return ok ? 0 : 1;
});
