// Plain Node, no dependency: the door reads this before node_modules exists.
//
// A lock is a file that names its owner. It appears complete (written beside, then linked), so nobody reads half of
// it. A lock whose owner no longer lives is removed by the next who wants it; so that two of those cannot remove each
// other's fresh lock, removing needs a second, very short-lived lock.
import { linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** An owner on another machine (a shared home) cannot be asked; after this long it is taken for dead. */
const FOREIGN_LIMIT_SECONDS = 3600;
/** Removing a stale lock takes milliseconds; whoever needs longer was killed in the middle of it. */
const REMOVAL_LIMIT_SECONDS = 30;
const POLL_MS = 500;

/**
 * Runs `work` while holding the lock at `path`; waits for another owner first.
 * @param path file, made and removed here; its folder is made when missing
 * @param work what must not run twice at the same time
 * @param onWait called once, with the owner's process id, when somebody else holds the lock
 * @returns what `work` returns; its error passes through, the lock is released in either case
 */
export async function withLock(path, work, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryTake(path)) {
    const owner = readOwner(path);
    if (!owner) continue; // released between the two looks
    if (isStale(owner, { host: hostname(), startOf, ageSeconds: ageSeconds(path) })) {
      removeStale(path, owner);
      continue;
    }
    if (!told) onWait?.(owner.pid);
    told = true;
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * Decides whether the owner of a lock is gone.
 * @param owner what the lock file says; `started` tells a process from a later one with the same id
 * @param seen this machine's name, when a process started (undefined: no such process), the file's age in seconds
 */
export function isStale(owner, seen) {
  if (owner.host !== seen.host) return seen.ageSeconds > FOREIGN_LIMIT_SECONDS;
  return seen.startOf(owner.pid) !== owner.started;
}

/**
 * When a process started, as an opaque text; undefined when no such process lives.
 * Where the kernel does not say (no /proc), "?" stands for "it lives".
 */
export function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name may hold spaces and brackets
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    if (process.platform === "linux") return undefined;
  }
  try {
    process.kill(pid, 0);
    return "?";
  } catch (error) {
    return error.code === "EPERM" ? "?" : undefined;
  }
}

function tryTake(path) {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, started: startOf(process.pid), host: hostname() }));
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

function readOwner(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    // Not one of ours (a full disk, an edit by hand): nobody can own it.
    return { pid: 0, started: "", host: hostname() };
  }
}

function removeStale(path, judged) {
  const guard = `${path}.removing`;
  try {
    mkdirSync(guard);
  } catch {
    if (ageSeconds(guard) > REMOVAL_LIMIT_SECONDS) rmdirSync(guard);
    return; // somebody else is at it
  }
  try {
    // Only if it is still the one that was judged: another may have removed it and a third taken it.
    if (JSON.stringify(readOwner(path)) === JSON.stringify(judged)) rmSync(path, { force: true });
  } finally {
    rmdirSync(guard);
  }
}

function ageSeconds(path) {
  try {
    return (Date.now() - statSync(path).mtimeMs) / 1000;
  } catch {
    return 0;
  }
}
