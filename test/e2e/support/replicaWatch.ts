/** Counts, by the engine's own events, how many replicas were serving at every moment. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { replicaNames, servicesOf } from "./engine";
import type { TestStack } from "./testStack";

export interface Watched<T> {
  readonly result: T;
  /** Fewest replicas that ran and were healthy at once. */
  readonly fewest: number;
  /** Names of the containers that ended, in order. */
  readonly ended: readonly string[];
}

interface Event {
  readonly Action: string;
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
}

/** Counts while something happens; every replica must be healthy when it begins. */
export async function watchingReplicas<T>(stack: TestStack, happens: () => Promise<T>): Promise<Watched<T>> {
  const serving = new Set(replicaNames((await servicesOf(stack)).keys()));
  const ended: string[] = [];
  let fewest = serving.size;
  const filters = ["--filter", "type=container", "--filter", `label=medassist.stack=${stack.name}`];
  const docker = spawn("docker", ["events", ...filters, "--format", "{{json .}}"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: docker.stdout }).on("line", (line) => {
    const { Action, Actor } = JSON.parse(line) as Event;
    const service = Actor.Attributes["medassist.service"] ?? "";
    if (Actor.Attributes["medassist.role"] !== "service" || replicaNames([service]).length === 0) return;
    if (Action === "health_status: healthy") serving.add(service);
    if (Action === "die") ended.push(service);
    if (Action === "die" || Action === "health_status: unhealthy") serving.delete(service);
    fewest = Math.min(fewest, serving.size);
  });
  try {
    await sleep(500); // the client is subscribed; what follows is seen
    const result = await happens();
    await sleep(500); // the last events arrive
    return { result, fewest, ended };
  } finally {
    docker.kill();
  }
}
