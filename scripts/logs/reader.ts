/** Reads what is wanted, page by page, and what is added: every line once. */
import { type Duration, seconds } from "../../configs/units";
import { type Marks, marksQuery, pageQuery, pageSize, type Reading } from "./query";

/** A line, as a search returns it. */
export interface Hit {
  readonly _index: string;
  readonly _seq_no: number;
  readonly _source: Readonly<Record<string, unknown>>;
  readonly sort: readonly unknown[];
}

/** What is used of an answer. */
export interface Answer {
  readonly hits: { readonly hits: readonly Hit[] };
  readonly aggregations?: Readonly<
    Record<
      string,
      { readonly buckets: readonly { readonly key: string; readonly last?: { readonly value: number } }[] }
    >
  >;
}

/** Sends a search to data streams. */
export type Search = (streams: string, body: object) => Promise<Answer>;

/** A reading under way: when it was begun, up to where it goes, and the end of its last page. */
interface Open {
  readonly at: number;
  readonly upTo: Marks;
  readonly more: boolean;
  readonly after: readonly unknown[] | undefined;
}

/**
 * Elasticsearch counts every line when it begins to take it, and shows it at one of its next refreshes, one a second: for
 * this long, one with a smaller number may still appear.
 */
const settled: Duration = seconds(3);
/** So many lines are never taken at the same time (Filebeat sends at most 1,600 in one request). */
const mostInFlight = 10_000;

/**
 * Where a reader stands. It goes by the order in which the store took the lines and not by their time: what comes an
 * hour late, because the store was away, is not missed.
 */
export class LogReader {
  /** What was reached, and when; the oldest first. */
  private reached: { readonly at: number; readonly marks: Marks }[] = [];
  /** Up to here nothing is asked for again. */
  private read: Marks = {};
  /** Numbers above `read` that were handed out, by index. */
  private readonly seen = new Map<string, Set<number>>();

  /** The reading under way. */
  private open: Open | undefined;

  constructor(
    private readonly search: Search,
    private readonly reading: Reading,
    /** Milliseconds. */
    private readonly clock: () => number = Date.now,
  ) {}

  /** All that is there and was not handed out yet, the oldest first. One that fails goes on where it was when called again. */
  async *pages(): AsyncGenerator<readonly Hit[]> {
    const { reading, read } = this;
    this.open ??= await this.begin();
    const { at, upTo } = this.open;
    while (this.open.more) {
      const answer: Answer = await this.search(reading.streams, pageQuery(reading, read, upTo, this.open.after));
      const { hits } = answer.hits;
      this.open = { at, upTo, more: hits.length === pageSize, after: hits.at(-1)?.sort };
      yield hits.filter((hit) => this.isNew(hit, upTo));
    }
    this.open = undefined;
    this.advance(at, upTo);
  }

  private async begin(): Promise<Open> {
    const at = this.clock();
    const { aggregations } = await this.search(this.reading.streams, marksQuery(this.reading, this.read));
    const buckets = aggregations?.index?.buckets ?? [];
    const upTo = Object.fromEntries(buckets.map(({ key, last }) => [key, last?.value ?? -1]));
    return { at, upTo, more: buckets.length > 0, after: undefined };
  }

  private isNew({ _index, _seq_no }: Hit, upTo: Marks): boolean {
    const numbers = this.seen.get(_index) ?? new Set();
    this.seen.set(_index, numbers);
    if (numbers.has(_seq_no)) return false;
    // Those below are behind `read` as soon as this reading is done, and need not be remembered.
    if (_seq_no > (upTo[_index] ?? 0) - mostInFlight) numbers.add(_seq_no);
    return true;
  }

  private advance(at: number, upTo: Marks): void {
    const latest = { ...this.reached.at(-1)?.marks, ...upTo };
    this.reached.push({ at, marks: latest });
    const quiet = this.reached.filter((entry) => entry.at <= at - settled.milliseconds);
    const sure = quiet.at(-1);
    this.reached = this.reached.slice(Math.max(0, quiet.length - 1));
    this.read = Object.fromEntries(
      Object.entries(latest).map(([index, mark]) => [index, Math.max(sure?.marks[index] ?? -1, mark - mostInFlight)]),
    );
    for (const [index, numbers] of this.seen)
      for (const number of numbers) if (number <= (this.read[index] ?? -1)) numbers.delete(number);
  }
}
