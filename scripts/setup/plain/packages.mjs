// Plain Node, no dependency: the door reads this before node_modules exists.
//
// node_modules is right when it holds what package-lock.json says. Comparing the two takes a moment, so the digest of
// the lock is kept in a stamp inside node_modules: whatever removes the folder removes the stamp with it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";

/**
 * How node_modules stands to package-lock.json.
 * @param root the checkout
 * @returns state "ready", "unstamped" (right, but installed by npm directly), "outdated" or "missing"; and the lock's
 *   digest, which the stamp holds once the packages are in place
 */
export function packagesState(root) {
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  const digest = createHash("sha256").update(lock).digest("hex");
  const stamp = readText(stampPath(root));
  const installed = readText(join(root, "node_modules", ".package-lock.json"));
  return { state: judgePackages({ digest, stamp, lock, installed }), digest };
}

/** The decision behind packagesState, on file contents (undefined: no such file). */
export function judgePackages({ digest, stamp, lock, installed }) {
  // npm writes its own record last, so that a killed installation has none.
  if (installed === undefined) return "missing";
  if (stamp === digest) return "ready";
  return sameTree(JSON.parse(lock), JSON.parse(installed)) ? "unstamped" : "outdated";
}

/** True when npm's record of node_modules holds every package of the lock file, in the same version, and no other. */
export function sameTree(lock, installed) {
  const has = installed.packages ?? {};
  for (const [path, wanted] of Object.entries(lock.packages ?? {})) {
    if (path === "") continue; // the project itself
    const found = has[path];
    // Optional packages are left out where they do not fit the platform.
    if (!found && wanted.optional) continue;
    if (found?.version !== wanted.version || found?.integrity !== wanted.integrity) return false;
  }
  return Object.keys(has).every((path) => path in lock.packages);
}

/**
 * Makes node_modules agree with package-lock.json, by `npm ci` when it does not. Only one process installs at a time.
 * @param root the checkout
 * @param say where lines for the person go
 * @param install runs npm; returns its exit code
 * @throws Error with one readable message when npm fails
 */
export async function ensurePackages(root, say, install = npmCi) {
  if (packagesState(root).state === "ready") return;
  await withLock(
    join(root, ".medassist", "npm.lock"),
    () => {
      const { state, digest } = packagesState(root); // again: another process may just have installed them
      if (state === "ready") return;
      if (state !== "unstamped") {
        say(`Node packages are ${state}: npm ci (about a minute)`);
        const code = install(root);
        if (code !== 0) throw new Error(`npm ci failed with exit code ${code} in ${root}: mend what npm says above`);
      }
      writeFileSync(stampPath(root), digest);
    },
    (pid) => say(`Waiting for process ${pid}, which is installing the Node packages`),
  );
}

function npmCi(root) {
  // npm's chatter must not mix with what a command prints (`doctor --json`).
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (result.error?.code === "ENOENT") {
    throw new Error("npm is not on PATH: install Node.js 20.19 or newer together with npm (nodejs.org)");
  }
  return result.status ?? result.signal;
}

function stampPath(root) {
  return join(root, "node_modules", ".medassist-lock-digest");
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
