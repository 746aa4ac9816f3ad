/** What patients notice while something happens to the platform. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ports } from "../../configs/ports";
import { Checkout } from "../../test/e2e/support/checkout";
import type { TestStack } from "../../test/e2e/support/testStack";
import { type LoadResult, startLoad } from "../load/load";
import { repoRoot } from "../setup/paths";
import { run } from "../setup/run";
import { isWell, readStatus } from "../stack/status";
import type { Finding } from "./report";

const requestsPerSecond = 200;
const requests = 20_000;

/** Runs the full load while `happens` goes on, again and again until the load is over. @returns times it happened */
async function during(
  url: string,
  happens: (round: number) => Promise<void>,
): Promise<{ load: LoadResult; rounds: number }> {
  const running = startLoad({ url, requestsPerSecond, requests });
  let over = false;
  void running.done.then(() => {
    over = true;
  });
  let rounds = 0;
  while (!over) {
    await sleep(3000);
    if (!over) await happens(rounds++);
  }
  return { load: await running.done, rounds };
}

/** Docker doubles its delay before it starts a container again, unless that has run for 10 s: wait, or all are down at once. */
async function untilAllWell(stack: TestStack): Promise<void> {
  await sleep(12_000);
  for (let i = 0; i < 60 && !isWell(await readStatus(stack.name)); i++) await sleep(1000);
}

/** Payments that are in the database more than once, or acknowledged and not there. */
async function wrongPayments(stack: TestStack, keys: readonly string[]): Promise<number> {
  const rows = (
    await stack.sql("SELECT idempotency_key, COUNT(*) FROM medassist.payment GROUP BY idempotency_key")
  ).split("\n");
  const counts = new Map(rows.map((row) => row.split("\t") as [string, string]));
  return keys.filter((key) => counts.get(key) !== "1").length + [...counts.values()].filter((n) => n !== "1").length;
}

async function unnoticed(stack: TestStack, what: string, happens: (round: number) => Promise<void>): Promise<Finding> {
  const { load, rounds } = await during(stack.entryUrl, happens);
  const wrong = await wrongPayments(stack, load.keys);
  if (load.failures.length > 0) console.error(load.failures.slice(0, 5).join("\n"));
  return {
    what: `${what}, ${rounds} times under ${requestsPerSecond} requests/s`,
    measured: `${load.failures.length} failed of ${load.sent}; ${load.keys.length} payments, ${wrong} lost or twice; p50 ${load.p50.toFixed(1)} ms, p99 ${load.p99.toFixed(1)} ms`,
    bound: "0 failed of ≥ 20,000, none twice",
    holds: load.failures.length === 0 && wrong === 0 && load.sent >= requests && rounds > 0,
  };
}

/** The three events that no patient may notice. */
export async function unnoticedEvents(stack: TestStack): Promise<Finding[]> {
  const copy = new Checkout();
  try {
    stack.project = copy.folder;
    const rolled = await unnoticed(stack, "Rolling change of the API's image", async (round) => {
      appendFileSync(copy.path("apps/api/medassist_api/__init__.py"), `\n# build ${round}\n`);
      await stack.up();
    });
    stack.project = repoRoot;
    const killed = await unnoticed(stack, "Replica killed with SIGKILL, each in turn", async (round) => {
      const container = stack.container(["api", "api2", "api3"][round % 3] ?? "api");
      const pid = Number((await run("docker", ["inspect", "--format", "{{.State.Pid}}", container])).stdout);
      if (pid > 1) process.kill(pid, "SIGKILL");
      await untilAllWell(stack);
    });
    const reloaded = await unnoticed(stack, "HAProxy configuration changed and reloaded by `up`", async (round) => {
      stack.set({ haproxyExtra: `http-request deny if { path /api/blocked${round} }` });
      await stack.up();
    });
    return [rolled, killed, reloaded];
  } finally {
    stack.project = repoRoot;
    copy.remove();
  }
}

/** What cannot go unnoticed on one engine: the entry itself is replaced. */
export async function gaps(stack: TestStack): Promise<Finding[]> {
  const gap = async (what: string, url: string, happens: () => Promise<unknown>): Promise<Finding> => {
    const running = startLoad({ url, requestsPerSecond, requests: 12_000 });
    await sleep(3000);
    await happens();
    const load = await running.stop();
    return {
      what,
      measured: `${load.failures.length} failed of ${load.sent}: about ${(load.failures.length / requestsPerSecond).toFixed(1)} s without an answer`,
      bound: "stated",
      holds: true,
    };
  };
  const copy = new Checkout();
  try {
    return [
      await gap("HAProxy replaced by `up` (another published port)", stack.entryUrl, () => {
        stack.set({ statsPort: stack.ports.stats + 1 });
        return stack.up();
      }),
      await gap("Nginx replaced by `up` (another image)", stack.appUrl, () => {
        stack.project = copy.folder;
        appendFileSync(copy.path("apps/frontend/site/style.css"), "\n/* another build */\n");
        return stack.up();
      }),
    ];
  } finally {
    stack.project = repoRoot;
    copy.remove();
  }
}

const latencyRounds = 5;

/**
 * The way through Nginx and HAProxy against one replica directly, in turn. Both by the containers' own addresses, where the
 * kernel sends patients of other machines; 127.0.0.1 would lead through Docker's proxy process as well.
 */
export async function latency(stack: TestStack): Promise<Finding> {
  const format = `{{(index .NetworkSettings.Networks "${stack.name}-medassist").IPAddress}}`;
  const url = async (service: string, port: number): Promise<string> => {
    const { stdout } = await run("docker", ["inspect", "--format", format, stack.container(service)]);
    return `http://${stdout.trim()}:${port}`;
  };
  const ways = { through: await url("frontend", ports.frontend), direct: await url("api", ports.api) };
  const p99: Record<keyof typeof ways, number[]> = { through: [], direct: [] };
  const p50: Record<keyof typeof ways, number[]> = { through: [], direct: [] };
  for (let i = 0; i < latencyRounds; i++) {
    for (const way of ["direct", "through"] as const) {
      const load = await startLoad({ url: ways[way], requestsPerSecond, requests: 2000, container: true }).done;
      if (load.failures.length > 0) throw new Error(`${load.failures.length} requests failed: ${load.failures[0]}`);
      p99[way].push(load.p99);
      p50[way].push(load.p50);
    }
  }
  const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
  const more = median(p99.through) - median(p99.direct);
  return {
    what: `Through Nginx and HAProxy against one replica directly, ${requestsPerSecond} requests/s, ${latencyRounds} rounds each in turn`,
    measured: `p99 ${median(p99.through).toFixed(1)} ms against ${median(p99.direct).toFixed(1)} ms: ${more.toFixed(1)} ms more (p50 ${median(p50.through).toFixed(1)} against ${median(p50.direct).toFixed(1)})`,
    bound: "p99 ≤ 5 ms more",
    holds: more <= 5,
  };
}
