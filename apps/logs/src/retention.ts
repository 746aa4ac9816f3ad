/** What of the store has to go, and where a new backing index has to be begun. Times are milliseconds since 1970. */
import type { Desired, Watermark } from "./desired";

export interface BackingIndex {
  readonly name: string;
  readonly created: number;
  readonly documents: number;
  /** Segments and translog. */
  readonly bytes: number;
  /** Elasticsearch lets nothing be written to it, since the disk is full. */
  readonly blocked: boolean;
}

export interface StreamSample {
  readonly name: string;
  /** Oldest first; the last one is written to. */
  readonly indices: readonly BackingIndex[];
}

export interface StoreSample {
  readonly streams: readonly StreamSample[];
  /** Of the file system on which Elasticsearch keeps its data, bytes. */
  readonly disk: { readonly total: number; readonly available: number };
}

/** Why an index is deleted: too old, over the ceiling, or the disk is full whoever filled it. */
export const deletionReasons = ["age", "size", "disk"] as const;
export type DeletionReason = (typeof deletionReasons)[number];

export type Action =
  | { readonly kind: "delete"; readonly index: BackingIndex; readonly reason: DeletionReason }
  /** Lets the streams be written to again. */
  | { readonly kind: "unblock" }
  | { readonly kind: "rollover"; readonly stream: string; readonly reason: "age" | "size" };

export interface Decision {
  /** In the order in which they are to be done. */
  readonly actions: readonly Action[];
  /** What cannot be helped by any action, in words. */
  readonly problems: readonly string[];
}

export const streamBytes = ({ indices }: StreamSample): number => indices.reduce((sum, { bytes }) => sum + bytes, 0);

/** Free bytes below which a watermark is passed. */
export const freeNeeded = ({ used, atMostBytes }: Watermark, total: number): number =>
  Math.min((1 - used) * total, atMostBytes);

/** What is left of a stream once the planned deletions are done. */
interface Left {
  readonly name: string;
  /** What it may take when all together take too much. */
  readonly limit: number;
  readonly deletable: BackingIndex[];
  readonly write: BackingIndex | undefined;
  bytes: number;
}

/** The index of a stream that is being written to is never deleted: it is rolled over, and goes as the oldest one then. */
export function decide(sample: StoreSample, desired: Desired, now: number): Decision {
  const { retention, disk } = desired;
  const { total: size, available } = sample.disk;
  const plan = new Plan(sample, desired);
  plan.removeOld(now);
  const mustRoll = plan.removeTooMuch();

  // On a small disk whole indices must be small too, or there is nothing to delete when it fills.
  const rolloverBytes = Math.min(retention.rolloverBytes, size / 20);
  const due: (Action & { kind: "rollover" })[] = [];
  for (const { name, write } of plan.left) {
    if (!write || write.documents === 0) continue;
    if (write.bytes >= rolloverBytes || mustRoll.has(name))
      due.push({ kind: "rollover", stream: name, reason: "size" });
    else if (now - write.created >= retention.rolloverAge) due.push({ kind: "rollover", stream: name, reason: "age" });
  }
  const [high, flood] = [freeNeeded(disk.high, size), freeNeeded(disk.flood, size)];
  const blocked = sample.streams.some(({ indices }) => indices.some((index) => index.blocked));
  const isFull = blocked || available < flood;

  // Whoever filled the disk: the newest lines are worth more than the oldest ones. Where all of them would not make enough
  // room, they stay. First choice is room for new indices, and for one of them at once. It must not come to a disk without
  // any room: then Elasticsearch cannot even note that something is to be deleted.
  if (isFull || available + plan.freed < high)
    plan.makeRoom(available, isFull ? [high + rolloverBytes, flood + rolloverBytes, flood] : [high + rolloverBytes]);
  const actions: Action[] = [...plan.deletions];
  const problems: string[] = [];
  if (isFull) {
    if (blocked && available >= flood) actions.push({ kind: "unblock" });
    if (available + plan.freed < flood)
      problems.push(
        `The disk under Elasticsearch is full (${mebibytes(available)} of ${mebibytes(size)} are free, ${mebibytes(flood)} must be), and not by log lines: it takes none until there is room`,
      );
    // What is deleted is gone from the disk at the next look.
    return { actions, problems };
  }
  // A new index gets no place on such a disk, and lines would wait for it.
  for (const rollover of due)
    if (available >= high) actions.push(rollover);
    else if (available + plan.freed < high)
      problems.push(
        `${rollover.stream} cannot be rolled over: the disk under Elasticsearch has ${mebibytes(available)} of ${mebibytes(size)} left, and ${mebibytes(high)} are needed`,
      );
  return { actions, problems };
}

class Plan {
  readonly left: readonly Left[];
  readonly deletions: (Action & { kind: "delete" })[] = [];

  constructor(
    sample: StoreSample,
    private readonly desired: Desired,
  ) {
    this.left = sample.streams.map((stream) => ({
      name: stream.name,
      limit: desired.retention.limitBytes * (desired.streams.find(({ name }) => name === stream.name)?.share ?? 0),
      bytes: streamBytes(stream),
      deletable: stream.indices.slice(0, -1),
      write: stream.indices.at(-1),
    }));
  }

  /** Bytes that the planned deletions free. */
  get freed(): number {
    return this.deletions.reduce((sum, { index }) => sum + index.bytes, 0);
  }

  /** The last line of an index came at the latest when the next one was begun. */
  removeOld(now: number): void {
    for (const stream of this.left) {
      const ended = (): number => stream.deletable[1]?.created ?? stream.write?.created ?? now;
      while (stream.deletable.length > 0 && now - ended() >= this.desired.retention.keptFor) this.remove(stream, "age");
    }
  }

  /**
   * Over the limit together, one of them is over its share, since the shares make 1: its oldest goes.
   * @returns names of streams of which no more is left than what is being written to, and that is too much
   */
  removeTooMuch(): ReadonlySet<string> {
    while (this.left.reduce((sum, { bytes }) => sum + bytes, 0) > this.desired.retention.limitBytes) {
      const over = this.left.filter((stream) => stream.bytes > stream.limit);
      const from = oldest(over);
      if (!from) return new Set(over.map(({ name }) => name));
      this.remove(from, "size");
    }
    return new Set();
  }

  /** Reaches the first of the goals that can be reached, free bytes each, by deleting the oldest; none, and nothing is. */
  makeRoom(available: number, goals: readonly number[]): void {
    const deletable = this.left.flatMap((stream) => stream.deletable).reduce((sum, { bytes }) => sum + bytes, 0);
    const goal = goals.find((free) => available + this.freed + deletable >= free);
    while (goal !== undefined && available + this.freed < goal) {
      const from = oldest(this.left);
      if (!from) return;
      this.remove(from, "disk");
    }
  }

  private remove(from: Left, reason: DeletionReason): void {
    const index = from.deletable.shift();
    if (!index) return;
    from.bytes -= index.bytes;
    this.deletions.push({ kind: "delete", index, reason });
  }
}

/** The stream that has the oldest index that can be deleted. */
function oldest(streams: readonly Left[]): Left | undefined {
  const begun = ({ deletable }: Left): number => deletable[0]?.created ?? Number.POSITIVE_INFINITY;
  const [first] = streams.filter(({ deletable }) => deletable.length > 0).sort((a, b) => begun(a) - begun(b));
  return first;
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
