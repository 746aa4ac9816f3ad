/** Waiting, and what is said of several times. */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** 95th percentile by nearest rank: of ten values, the largest. */
export const p95 = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;

/** Looks again and again until the condition holds; that it cannot be looked at counts as no. @throws Error if it never does */
export async function wait(
  what: string,
  holds: () => Promise<boolean>,
  withinSeconds: number,
  every = 100,
): Promise<void> {
  const end = performance.now() + withinSeconds * 1000;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > end) throw new Error(`not within ${withinSeconds} s: ${what}`);
    await sleep(every);
  }
}
