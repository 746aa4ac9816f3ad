/** Finding and ending processes by what they were started with. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Sends SIGKILL to every process that has this variable in its environment, until none is left. Children inherit it,
 * so this finds Pulumi and its plugins, which are in process groups of their own.
 */
export async function killWithEnvironment(name: string, value: string): Promise<void> {
  for (let round = 0; round < 50; round++) {
    const found = withEnvironment(`${name}=${value}`);
    if (found.length === 0) return;
    for (const pid of found) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // ended meanwhile
      }
    }
    await sleep(100);
  }
  throw new Error(`processes with ${name}=${value} do not end`);
}

function withEnvironment(entry: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(entry);
      } catch {
        return false; // another user's, or ended meanwhile
      }
    })
    .map(Number)
    .filter((pid) => pid !== process.pid);
}
