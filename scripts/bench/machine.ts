/** What the stack costs the machine: health checks and memory. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestStack } from "../../test/e2e/support/testStack";
import { run } from "../setup/run";
import { readStatus } from "../stack/status";
import type { Finding } from "./report";

/** Seconds of CPU that this machine has spent on anything, all cores together (proc(5): USER_HZ is 100). */
function busySeconds(): number {
  const [, ...fields] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").split(/\s+/).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softirq + steal) / 100;
}

async function busyShare(work: () => Promise<unknown>): Promise<{ cpu: number; wall: number }> {
  const [cpu, wall] = [busySeconds(), performance.now()];
  await work();
  return { cpu: busySeconds() - cpu, wall: (performance.now() - wall) / 1000 };
}

const checksPerService = 20;

/**
 * CPU of the health checks: each service's own check, run `checksPerService` times through the engine's API as the
 * engine runs it, above what the idle machine spends meanwhile; times how often the engine runs it.
 */
export async function healthChecks(stack: TestStack, engineHost: string): Promise<Finding> {
  const socketPath = /^unix:\/\/(.+)$/.exec(engineHost)?.[1];
  if (!socketPath) throw new Error(`health checks are measured on an engine of this machine, not on ${engineHost}`);
  const idle = await busyShare(() => sleep(15_000));
  let share = 0;
  const services = await readStatus(stack.name);
  for (const { container } of services) {
    const { stdout } = await run("docker", ["inspect", "--format", "{{json .Config.Healthcheck}}", container]);
    const check = JSON.parse(stdout) as { Test: string[]; Interval: number };
    const [kind, ...command] = check.Test;
    if (kind !== "CMD") continue; // a service that is only watched from outside
    const { cpu, wall } = await busyShare(async () => {
      for (let i = 0; i < checksPerService; i++) await execute(socketPath, container, command);
    });
    share += (cpu - (idle.cpu / idle.wall) * wall) / checksPerService / (check.Interval / 1e9);
  }
  return {
    what: `Docker health checks of ${services.length} services`,
    measured: `${(share * 100).toFixed(1)} % of one core`,
    bound: "≤ 12 % of one core",
    holds: share <= 0.12,
  };
}

/** Runs a command in a container by the engine's API (the `docker` client's own start would cost as much again). */
async function execute(socketPath: string, container: string, command: readonly string[]): Promise<void> {
  const post = (path: string, body: unknown): Promise<string> =>
    new Promise((resolve, reject) => {
      const call = request(
        { socketPath, path, method: "POST", headers: { "content-type": "application/json" } },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk;
          });
          response.on("end", () => ((response.statusCode ?? 500) < 300 ? resolve(text) : reject(new Error(text))));
        },
      );
      call.on("error", reject);
      call.end(JSON.stringify(body));
    });
  const created = await post(`/containers/${container}/exec`, { Cmd: command, AttachStdout: true, AttachStderr: true });
  await post(`/exec/${(JSON.parse(created) as { Id: string }).Id}/start`, { Detach: false, Tty: false });
}

const memoryBounds: Readonly<Record<string, number>> = { api: 128, haproxy: 64, frontend: 32, redis: 64, mysql: 512 };

/** Memory in use after the loads. */
export async function memory(stack: TestStack): Promise<Finding[]> {
  const services = await readStatus(stack.name);
  return Object.entries(memoryBounds).map(([name, bound]) => {
    const used = Math.max(
      ...services.filter((s) => s.service.replace(/\d+$/, "") === name).map((s) => s.memory?.used ?? Number.NaN),
    );
    return {
      what: `Memory in use after the loads: ${name}${name === "api" ? ", the largest replica" : ""}`,
      measured: `${used.toFixed(0)} MiB`,
      bound: `≤ ${bound} MiB`,
      holds: used <= bound,
    };
  });
}
