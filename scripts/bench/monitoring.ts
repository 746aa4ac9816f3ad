/** How soon somebody is told, how soon a changed rule is live, and what watching costs. */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestStack } from "../../test/e2e/support/testStack";
import { Watchers } from "../../test/e2e/support/watchers";
import { run } from "../setup/run";
import { isWell, readStatus } from "../stack/status";
import type { Finding } from "./report";
import { p95, wait } from "./timing";

const runs = 10;

const timed = (what: string, times: readonly number[], bound: number): Finding => ({
  what: `${what}, ${times.length} times`,
  measured: `p95 ${p95(times).toFixed(2)} s (${times
    .map((t) => t.toFixed(2))
    .sort()
    .join(" ")})`,
  bound: `p95 ≤ ${bound} s`,
  holds: p95(times) <= bound,
});

/** From the moment of a fault to the moment in which the incident recorder has the notification, again and again. */
async function detection(
  stack: TestStack,
  watchers: Watchers,
  alert: string,
  containers: readonly string[],
): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    await wait("all is well", async () => isWell(await readStatus(stack.name)), 120);
    // Others may fire on: that containers restart again and again, or that an error budget burns, is true here.
    await wait(`${alert} is over`, async () => !(await watchers.isOpen(alert)), 180);
    await sleep(Math.random() * 5000); // at any phase of the scrapes
    const start = Date.now();
    await run("docker", ["kill", ...containers]);
    await wait(`${alert} is delivered`, async () => (await watchers.deliveredSince(alert, start)) !== undefined, 60);
    times.push((((await watchers.deliveredSince(alert, start)) ?? Number.NaN) - start) / 1000);
    await run("docker", ["start", ...containers]);
  }
  return times;
}

export async function timeToTell(stack: TestStack): Promise<Finding[]> {
  const watchers = await Watchers.of(stack);
  const replicas = ["api", "api2", "api3"].map((name) => stack.container(name));
  const one = await detection(stack, watchers, "ApiInstanceDown", replicas.slice(1, 2));
  const all = await detection(stack, watchers, "AllApiDown", replicas);
  const delivery: number[] = [];
  for (let i = 0; i < runs; i++) {
    const name = `Bench${i}`;
    const start = Date.now();
    await watchers.raise(name, "p1");
    await wait(`${name} is delivered`, async () => (await watchers.deliveredSince(name, start)) !== undefined, 30);
    delivery.push((((await watchers.deliveredSince(name, start)) ?? Number.NaN) - start) / 1000);
  }
  return [
    timed("From `docker kill` of a replica to the alert delivered", one, 15),
    timed("From `docker kill` of all replicas to the p1 delivered", all, 15),
    timed("From a fired p1 to the webhook received", delivery, 2),
  ];
}

/**
 * From the moment in which Pulumi says that it updates, to a changed configuration that Prometheus has loaded. Asking the
 * engine first what was changed by hand (`--refresh`) comes before anything can be changed, and is stated by itself.
 */
export async function editLive(stack: TestStack): Promise<Finding[]> {
  const watchers = await Watchers.of(stack);
  const startedAt = async (): Promise<string> =>
    (await run("docker", ["inspect", "--format", "{{.Id}} {{.State.StartedAt}}", stack.container("prometheus")]))
      .stdout;
  const before = await startedAt();
  let days = 50;
  const edit = async (...flags: string[]): Promise<number> => {
    stack.set({ metricsDays: ++days });
    const command = stack.start("up", ...flags);
    await wait("the update begins", async () => /^Updating/m.test(command.output()), 120);
    const start = performance.now();
    const live = async () => JSON.stringify(await watchers.prometheus("/api/v1/status/config")).includes(`${days}d`);
    await wait("the new file is live", live, 60);
    const took = (performance.now() - start) / 1000;
    await command.done;
    return took;
  };
  const times = [await edit("--no-refresh"), await edit("--no-refresh"), await edit("--no-refresh")];
  const refreshed = await edit();
  const restarted = (await startedAt()) !== before;
  const worst = Math.max(...times);
  return [
    {
      what: "A changed file of Prometheus live, from the start of the update, 3 times",
      measured: `at most ${worst.toFixed(1)} s (${times.map((t) => t.toFixed(1)).join(" ")}), ${restarted ? "a restart" : "0 restarts"}`,
      bound: "≤ 4 s, 0 restarts",
      holds: worst <= 4 && !restarted,
    },
    {
      what: "The same when the engine is asked first what was changed by hand, as `npm run up` does",
      measured: `${refreshed.toFixed(1)} s`,
      bound: "stated",
      holds: true,
    },
  ];
}

const application = /^(api\d*|haproxy|frontend|mysql|redis)$/;

/** Memory, CPU and series of everything that watches, idle, at several numbers of replicas. */
export async function costOfWatching(stack: TestStack): Promise<Finding[]> {
  const watchers = await Watchers.of(stack);
  const sample = async (expression: string): Promise<number> =>
    Number((await watchers.query(expression))[0]?.value[1] ?? Number.NaN);
  const findings: Finding[] = [];
  for (const replicas of [3, 10, 30]) {
    stack.set({ replicas });
    await stack.up();
    await sleep(90_000); // longer than the window below, so that it holds nothing of the `up`
    const watching = (await readStatus(stack.name)).filter((s) => !application.test(s.service));
    const memory = watching.reduce((sum, s) => sum + (s.memory?.used ?? Number.NaN), 0);
    const names = watching.map((s) => s.service).join("|");
    const cpu = await sample(`sum(rate(container_cpu_usage_seconds_total{service=~"${names}"}[1m]))`);
    const series = await sample(`prometheus_tsdb_head_series{job="prometheus"}`);
    const bounded = replicas === 3;
    findings.push({
      what: `Watching ${replicas} replicas, idle: memory, CPU, series`,
      measured: `${memory.toFixed(0)} MiB, ${(cpu * 100).toFixed(1)} % of one core, ${series} series`,
      bound: bounded ? "≤ 1024 MiB, ≤ 5 %, ≤ 15,000" : "stated",
      holds: !bounded || (memory <= 1024 && cpu <= 0.05 && series <= 15_000),
    });
  }
  stack.set({ replicas: 3 });
  await stack.up();
  return findings;
}
