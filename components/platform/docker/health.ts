/**
 * Waits for containers to be well, at every `up`, also when nothing changed: the provider's own wait runs only when
 * a container is created, and a wait that failed is forgotten by the next `up` (docs/traps.md, Wait).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { labelKeys } from "../../../configs/labels";
import type { Duration } from "../../../configs/units";
import { type ContainerState, healthyUptimes, inspect, lastLines } from "./engine";
import { failure } from "./failure";

/** What is expected of one container. */
export interface Expectation {
  readonly id: string;
  /** Name for the message. */
  readonly name: string;
  /** It must have been running for this long. */
  readonly minimumUptime: Duration;
  /** Whether it must be healthy; otherwise it is enough that it runs and is not unhealthy. */
  readonly healthy: boolean;
  /** Longest time to wait, from the container's start. */
  readonly within: Duration;
}

export type Verdict =
  | { readonly kind: "well" }
  | { readonly kind: "wait" }
  | { readonly kind: "failed"; readonly why: string };

/** Restarts after which a container that comes up and dies again is given up. */
const restartLimit = 3;

/** Decides, from one look, whether a container is well, may still become so, or has failed. */
export function judge(
  state: ContainerState | undefined,
  expected: Pick<Expectation, "minimumUptime" | "within" | "healthy">,
  now: Date,
): Verdict {
  if (state === undefined) return { kind: "failed", why: "its container was removed" };
  const uptime = now.getTime() - state.startedAt.getTime();
  const late = uptime > expected.within.milliseconds;
  if (state.restarts >= restartLimit && state.health !== "healthy") {
    return { kind: "failed", why: `it ended ${state.restarts} times, last with status ${state.exitCode}` };
  }
  if (state.restarting) return { kind: "wait" };
  if (!state.running) return { kind: "failed", why: `it ended with status ${state.exitCode}` };
  if (state.health === "unhealthy") return { kind: "failed", why: "its health check fails" };
  if (state.health === "starting" && expected.healthy)
    return late ? { kind: "failed", why: `it is not healthy after ${expected.within.toShort()}` } : { kind: "wait" };
  return uptime < expected.minimumUptime.milliseconds ? { kind: "wait" } : { kind: "well" };
}

interface Waiting {
  readonly expected: Expectation;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const pollInterval = 400;
const waiting = new Set<Waiting>();
let polling = false;
let firstLook: Promise<ReadonlyMap<string, Duration>> = Promise.resolve(new Map());

/**
 * Looks once at all containers of a stack, while the program is still declaring. Those that nothing changes and that
 * are well cost no further look: an `up` without changes asks the engine once and not once for each service.
 */
export function lookAhead(stack: string): void {
  firstLook = healthyUptimes(`${labelKeys.stack}=${stack}`);
  firstLook.catch(() => {}); // whoever asks gets the error
}

/** Resolves when the container is well. @throws RunError with the last check and the container's last lines */
export async function untilWell(expected: Expectation): Promise<void> {
  const uptime = (await firstLook).get(expected.id);
  if (uptime && uptime.milliseconds >= expected.minimumUptime.milliseconds) return;
  return new Promise((resolve, reject) => {
    waiting.add({ expected, resolve, reject });
    if (!polling) void poll();
  });
}

/** One look for all who wait, so that fifty containers cost one process per round. */
async function poll(): Promise<void> {
  polling = true;
  await sleep(0); // those who ask in the same tick share the first look
  while (waiting.size > 0) {
    const asked = [...waiting];
    try {
      const states = new Map((await inspect([...new Set(asked.map((w) => w.expected.id))])).map((s) => [s.id, s]));
      for (const w of asked) await settle(w, states.get(w.expected.id));
    } catch (error) {
      for (const w of asked) {
        waiting.delete(w);
        w.reject(error instanceof Error ? error : failure(String(error)));
      }
    }
    if (waiting.size > 0) await sleep(pollInterval);
  }
  polling = false;
}

async function settle(w: Waiting, state: ContainerState | undefined): Promise<void> {
  const verdict = judge(state, w.expected, new Date());
  if (verdict.kind === "wait") return;
  waiting.delete(w);
  if (verdict.kind === "well") return w.resolve();
  const check = state?.lastCheck ? `\n  last check: ${state.lastCheck}` : "";
  const log = state ? await lastLines(w.expected.id) : "";
  w.reject(
    failure(
      `${w.expected.name} is not well: ${verdict.why}.${check}${log ? `\n  its last lines:\n${log.replace(/^/gm, "    ")}` : ""}`,
    ),
  );
}
