/** A test line that goes the way of all lines: written here, collected, sent, stored, and found again. */
import { randomInt } from "node:crypto";
import type { Desired } from "./desired";
import { askedFields } from "./lines";
import type { Json, Store } from "./store";

/** Times are milliseconds. */
interface Test {
  readonly word: string;
  readonly written: number;
}

/** So many are looked for, the newest: at four a minute, those of the last 12 minutes. */
const mostPending = 50;

export class Canary {
  private pending: Test[] = [];
  /** When the newest one that was found had been written. Until then: the start, so that none at all is noticed too. */
  private seen: number;
  private delay = 0;
  /** Since when one is waited for that was written later. */
  private waiting: number | undefined;
  private lastLook = Number.NEGATIVE_INFINITY;

  constructor(
    started: number,
    private readonly writeLine: (fields: Readonly<Record<string, string>>) => void,
  ) {
    this.seen = started;
  }

  write(now: number): void {
    const test = { word: newWord(), written: now };
    this.waiting ??= now;
    this.pending = [...this.pending, test].slice(-mostPending);
    this.writeLine({ [askedFields.canary]: test.word });
  }

  /** Whether it is time to look for one: often for a young one, since the delay is measured by looking. */
  isDue(now: number): boolean {
    const newest = this.pending.at(-1);
    if (!newest) return false;
    const age = now - newest.written;
    return now - this.lastLook >= (age < 5000 ? 200 : age < 15_000 ? 1000 : 5000);
  }

  /** @throws Trouble */
  async look(store: Store, { reader, lines }: Desired, now: () => number): Promise<void> {
    this.lastLook = now();
    const asked = this.pending;
    const [first] = asked;
    if (!first) return;
    const answer = await store.search(reader, `/${lines}/_search`, {
      size: asked.length,
      track_total_hits: false,
      _source: [askedFields.canary],
      query: {
        bool: {
          filter: [
            { terms: { [askedFields.canary]: asked.map((test) => test.word) } },
            // Its time is the line's own; a second for what the clocks of two containers may differ in rounding.
            { range: { [askedFields.time]: { gte: new Date(first.written - 1000).toISOString() } } },
          ],
        },
      },
    });
    this.found(readWords(answer), now());
  }

  private found(words: ReadonlySet<string>, now: number): void {
    const test = this.pending.findLast(({ word }) => words.has(word));
    if (!test) return;
    this.seen = test.written;
    this.delay = now - test.written;
    // Older ones were found too, or will not come any more: a container's lines keep their order.
    this.pending = this.pending.filter(({ written }) => written > test.written);
    this.waiting = this.pending[0]?.written;
  }

  /** Seconds. While a newer one is waited for longer than the last one took, that is the delay. */
  figures(now: number): { readonly delivery: number; readonly lastSeen: number } {
    const waited = now - (this.waiting ?? now);
    return { delivery: Math.max(this.delay, waited) / 1000, lastSeen: this.seen / 1000 };
  }
}

/** Letters only: a number could be taken for somebody's phone number on the way, and struck out. */
function newWord(): string {
  return Array.from({ length: 20 }, () => String.fromCharCode(97 + randomInt(26))).join("");
}

function readWords(answer: Json): Set<string> {
  const hits = (answer.hits as { hits?: unknown } | undefined)?.hits;
  return new Set(
    (Array.isArray(hits) ? (hits as { _source?: Json }[]) : []).map((hit) => String(hit._source?.[askedFields.canary])),
  );
}
