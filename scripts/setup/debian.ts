import { SetupError } from "./errors";
import { type Log, step } from "./progress";
import { findOnPath, run, tryRun } from "./run";

/**
 * Installs Debian (or Ubuntu) packages, only those that are missing and without the ones they merely recommend.
 * @param names package names: ["docker.io", "iptables"]
 * @throws SetupError when something is missing and this user or this system cannot install it
 */
export async function ensureDebianPackages(names: readonly string[], log: Log): Promise<void> {
  const missing = await missingDebianPackages(names);
  if (missing.length === 0) return;
  const list = missing.join(", ");
  if (!findOnPath("apt-get")) {
    throw new SetupError(
      `missing: ${list}. This system has no apt-get`,
      "install them with the system's own package tool",
    );
  }
  if (process.getuid?.() !== 0) throw new SetupError(`missing system packages: ${list}`, installCommand(missing));
  await step(log, `Installing Debian packages: ${list} (about a minute, once)`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    // Another apt may be at work (unattended upgrades): wait for it instead of failing.
    const wait = ["-o", "DPkg::Lock::Timeout=300"];
    await run("apt-get", [...wait, "-q", "update"], { env, timeLimitSeconds: 600 });
    const install = [...wait, "-q", "-y", "--no-install-recommends", "install", ...missing];
    await run("apt-get", install, { env, timeLimitSeconds: 1800 });
  });
}

/** Those of the packages that are not installed; all of them where there is no dpkg. */
export async function missingDebianPackages(names: readonly string[]): Promise<string[]> {
  const format = "${Package} ${db:Status-Status}\n";
  const known = await tryRun("dpkg-query", ["--show", "--showformat", format, ...names]);
  return notInstalled(names, known.stdout);
}

/** The names that dpkg-query's "name status" lines do not report as installed. */
export function notInstalled(names: readonly string[], statusLines: string): string[] {
  const installed = new Set(
    statusLines
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return names.filter((name) => !installed.has(name));
}

/** The command that a person with sudo types for the same. */
export function installCommand(names: readonly string[]): string {
  return `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names.join(" ")}`;
}
