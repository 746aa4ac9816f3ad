/** A load on the public entry while something happens to the stack, and the accounts afterwards. */
import { expect } from "chai";
import { type LoadResult, startLoad } from "../../../scripts/load/load";
import type { TestStack } from "./testStack";

/** A load goes on for as long as what happens meanwhile, but no longer than this. */
const mostSeconds = 240;

/**
 * Does something while patients pay and read, and asserts that none of them noticed: every request was answered as it
 * should, and each acknowledged payment is in the database exactly once.
 */
export async function underLoad<T>(
  stack: TestStack,
  requestsPerSecond: number,
  happens: () => Promise<T>,
): Promise<{ result: T; load: LoadResult }> {
  const load = startLoad({ url: stack.entryUrl, requestsPerSecond, requests: requestsPerSecond * mostSeconds });
  let over = false;
  void load.done.then(() => {
    over = true;
  });
  let outlasted: boolean;
  let result: T;
  try {
    result = await happens();
  } finally {
    outlasted = !over;
    await load.stop();
  }
  const answered = await load.done;
  const shown = answered.failures.slice(0, 10).join("\n  ");
  expect(answered.failures.length, `failed of ${answered.sent} requests, the first being:\n  ${shown}\n`).to.equal(0);
  expect(outlasted, "the load ended before what it was to accompany").to.equal(true);
  await expectPaidOnce(stack, answered.keys);
  return { result, load: answered };
}

/** Asserts that each of these payments is in the database exactly once, and that no payment there has another's key. */
export async function expectPaidOnce(stack: TestStack, keys: readonly string[]): Promise<void> {
  expect(keys.length, "payments that were acknowledged").to.be.greaterThan(0);
  const rows = (await stack.sql("SELECT idempotency_key FROM medassist.payment")).split("\n");
  const counts = new Map<string, number>();
  for (const key of rows) counts.set(key, (counts.get(key) ?? 0) + 1);
  expect([...counts].filter(([, count]) => count > 1)).to.deep.equal([]);
  expect(keys.filter((key) => counts.get(key) !== 1)).to.deep.equal([]);
}
