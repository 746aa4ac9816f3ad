import { webcrypto } from "node:crypto";
import { expect } from "chai";
import { type Attempt, clearAttempt, loadAttempt, memoryStore, newKey, saveAttempt } from "../site/attempt.js";
import { maxTries, type Outcome, readRefusals, sendPayment } from "../site/payment.js";

const order = { patient: "p-1", consultation: "c-1", amount: 2500, currency: "EUR" } as const;
const attempt: Attempt = { key: "0123456789abcdef0123456789abcdef", order, tries: 0 };

describe("an attempt to pay", () => {
  it("gets a key of 128 random bits", () => {
    const keys = new Set(Array.from({ length: 100 }, () => newKey((bytes) => webcrypto.getRandomValues(bytes))));
    expect(keys.size).to.equal(100);
    for (const key of keys) expect(key).to.match(/^[0-9a-f]{32}$/);
  });

  it("is kept, found again and forgotten; what is damaged is thrown away", () => {
    const store = memoryStore();
    expect(loadAttempt(store)).to.equal(undefined);
    saveAttempt(store, attempt);
    expect(loadAttempt(store)).to.deep.equal(attempt);
    clearAttempt(store);
    expect(loadAttempt(store)).to.equal(undefined);
    for (const damaged of [
      "",
      "{",
      "null",
      "[]",
      JSON.stringify({ ...attempt, key: "x" }),
      JSON.stringify({ ...attempt, order: {} }),
    ]) {
      store.setItem("medassist.attempt", damaged);
      expect(loadAttempt(store), damaged).to.equal(undefined);
      expect(store.getItem("medassist.attempt")).to.equal(null);
    }
  });
});

/** Answers one after the other: a status with a body and headers, or a lost connection. */
type Answer = "lost" | { status: number; body?: unknown; headers?: Record<string, string> };

async function send(answers: readonly Answer[], tries = 0) {
  const keys: (string | null)[] = [];
  const bodies: unknown[] = [];
  const pauses: number[] = [];
  const saved: number[] = [];
  const outcome: Outcome = await sendPayment(
    { ...attempt, tries },
    {
      fetch: async (_url, init) => {
        const answer = answers[keys.length] ?? "lost";
        keys.push(new Headers(init.headers).get("Idempotency-Key"));
        bodies.push(JSON.parse(String(init.body)));
        expect(saved.length, "written down before it is sent").to.equal(keys.length);
        if (answer === "lost") throw new TypeError("Failed to fetch");
        return new Response(JSON.stringify(answer.body ?? {}), {
          status: answer.status,
          headers: answer.headers ?? {},
        });
      },
      sleep: async (milliseconds) => void pauses.push(milliseconds),
      save: (current) => void saved.push(current.tries),
      onRetry: () => undefined,
      random: () => 0.5,
    },
  );
  return { outcome, keys, bodies, pauses, saved };
}

const paid = { id: "f".repeat(32), amount: 2500, currency: "EUR", created_at: "2026-11-23T09:41:07.120Z" };
const refused = { status: 422, body: { errors: [{ field: "patient", detail: "no" }] } };

describe("sending a payment", () => {
  it("is repeated with the same key and the same order until there is an answer", async () => {
    const answers: Answer[] = [
      "lost",
      { status: 503, headers: { "Retry-After": "5" } },
      { status: 502 },
      { status: 200, body: paid },
    ];
    const { outcome, keys, bodies, pauses, saved } = await send(answers);
    expect(outcome).to.deep.equal({ kind: "paid", id: paid.id, at: paid.created_at });
    expect(new Set(keys)).to.deep.equal(new Set([attempt.key]));
    expect(keys).to.have.lengthOf(4);
    for (const body of bodies) expect(body).to.deep.equal(order);
    expect(pauses).to.deep.equal([1000, 5000, 4000]);
    expect(saved).to.deep.equal([1, 2, 3, 4]);
  });

  it("ends as unknown when no answer comes, never as refused", async () => {
    const { outcome, keys } = await send([]);
    expect(outcome).to.deep.equal({ kind: "unknown" });
    expect(keys).to.have.lengthOf(maxTries);
    expect((await send([{ status: 500 }])).outcome).to.deep.equal({ kind: "unknown" });
  });

  it("is refused only when it is certain that nothing was paid", async () => {
    expect((await send([refused])).outcome).to.deep.include({ kind: "refused", status: 422 });
    expect((await send([{ status: 403 }])).outcome).to.deep.include({ kind: "refused", status: 403 });
    expect((await send(["lost", refused])).outcome).to.deep.include({ kind: "refused", status: 422 });
    expect((await send(["lost", { status: 404 }])).outcome).to.deep.equal({ kind: "unknown" });
    expect((await send([{ status: 403 }], 1)).outcome, "after a reload").to.deep.equal({ kind: "unknown" });
  });

  it("is not believed when the answer is about another amount or is no payment", async () => {
    for (const body of [{ ...paid, amount: 1 }, { ...paid, currency: "CHF" }, { ...paid, id: 7 }, "text", null]) {
      expect((await send([{ status: 201, body }])).outcome).to.deep.equal({ kind: "unknown" });
    }
  });

  it("reads problem documents with several fields, one field, or none", () => {
    expect(readRefusals(refused.body)).to.deep.equal([{ field: "patient", detail: "no" }]);
    expect(readRefusals({ field: "amount", detail: "too small" })).to.deep.equal([
      { field: "amount", detail: "too small" },
    ]);
    expect(readRefusals({ title: "The body is too large" })).to.deep.equal([
      { field: "", detail: "The body is too large" },
    ]);
    for (const nothing of [undefined, null, 7, {}, { errors: [null, { detail: "x" }] }])
      expect(readRefusals(nothing)).to.deep.equal([]);
  });
});
