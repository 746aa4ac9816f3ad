import { expect } from "chai";
import fc from "fast-check";
import { type BackingIndex, type Decision, decide, freeNeeded, type StoreSample } from "../src/retention";
import { desired, hours, index, MiB, sample, seconds, start } from "./samples";

const { retention } = desired;
/** Actions as words. */
const planned = ({ actions }: Decision): string[] =>
  actions.map((action) =>
    action.kind === "delete"
      ? `delete ${action.index.name} ${action.reason}`
      : action.kind === "rollover"
        ? `roll ${action.stream} ${action.reason}`
        : action.kind,
  );
const days = (count: number): number => hours(24 * count);

describe("retention", () => {
  it("leaves alone what is within its bounds, also what is old but empty", () => {
    const store = sample({ lines: [index("a")], refused: [index("b", { documents: 0, created: start - days(400) })] });
    expect(decide(store, desired, start)).to.deep.equal({ actions: [], problems: [] });
  });

  it("begins a new index when one is large or old enough", () => {
    const store = sample({
      lines: [index("a", { bytes: retention.rolloverBytes })],
      refused: [index("b", { created: start - retention.rolloverAge })],
    });
    expect(planned(decide(store, desired, start))).to.deep.equal(["roll lines size", "roll refused age"]);
  });

  it("deletes by age, counted from when the next index was begun", () => {
    const store = sample({
      lines: [
        index("a", { created: start - days(31) }),
        index("b", { created: start - days(30) }),
        index("c", { created: start - days(29) + 1 }),
        index("d"),
      ],
      refused: [index("e", { documents: 0, created: start - days(90) })],
    });
    expect(planned(decide(store, desired, start))).to.deep.equal(["delete a age"]);
    expect(planned(decide(store, desired, start + 1))).to.deep.equal(["delete a age", "delete b age"]);
  });

  it("deletes the oldest of the stream that has more than its share, and no more than must be", () => {
    const many = (name: string, count: number, age: number): BackingIndex[] =>
      Array.from({ length: count }, (_, i) => index(`${name}${i}`, { bytes: MiB(40), created: start - age + i }));
    // 21 x 40 MiB = 840 of the lines, over their share of 810; 2 x 40 = 80 of the refused, within 90, although older.
    const store = sample({ lines: many("l", 21, 5000), refused: many("r", 2, 9000) });
    expect(planned(decide(store, desired, start))).to.deep.equal(["delete l0 size"]);
    const flood = sample({ lines: many("l", 12, 9000), refused: many("r", 12, 5000) });
    expect(planned(decide(flood, desired, start))).to.deep.equal(["delete r0 size", "delete r1 size"]);
  });

  it("rolls over first where what is being written to alone is too much", () => {
    const store = sample({ lines: [index("a", { bytes: MiB(901) })], refused: [index("b", { bytes: 300 })] });
    expect(planned(decide(store, desired, start))).to.deep.equal(["roll lines size"]);
    const rolled = sample({
      lines: [index("a", { bytes: MiB(901) }), index("c", { bytes: 300, documents: 0 })],
      refused: [index("b", { bytes: 300 })],
    });
    expect(planned(decide(rolled, desired, start))).to.deep.equal(["delete a size"]);
  });

  describe("on a disk that is full", () => {
    const total = MiB(1000);
    const lines = [1, 2, 3, 4, 5].map((n) => index(`a${n}`, { created: start + n, bytes: MiB(30), blocked: true }));
    const refused = [index("b", { created: start, bytes: 300, blocked: true })];

    it("makes room for new indices, oldest first, and lets lines in again when there is some", () => {
      const full = sample({ lines, refused }, { total, available: MiB(45) });
      // 10 % of the disk and an index of a twentieth of it: 150 MiB; 45 + 4 x 30 is as near as it gets, and enough.
      expect(planned(decide(full, desired, start + 9))).to.deep.equal([
        "delete a1 disk",
        "delete a2 disk",
        "delete a3 disk",
        "delete a4 disk",
      ]);
      const after = sample({ lines: lines.slice(4), refused }, { total, available: MiB(165) });
      expect(planned(decide(after, desired, start + 9))).to.deep.equal(["unblock"]);
    });

    it("makes as much room as it can where that is enough for lines at least", () => {
      const full = sample({ lines: lines.slice(0, 3), refused }, { total, available: MiB(45) });
      // 45 + 2 x 30 = 105 reaches 100 (5 % and an index), not 150.
      expect(planned(decide(full, desired, start + 9))).to.deep.equal(["delete a1 disk", "delete a2 disk"]);
    });

    it("deletes nothing if that would not help, and says so", () => {
      const full = sample({ lines, refused }, { total: MiB(10_000), available: MiB(20) });
      const { actions, problems } = decide(full, desired, start + 9);
      expect(actions).to.deep.equal([]);
      expect(problems).to.deep.equal([
        "The disk under Elasticsearch is full (20 MiB of 10000 MiB are free, 500 MiB must be), and not by log lines: it takes none until there is room",
      ]);
    });

    it("begins no new index above the high watermark: it would get no place; says so if nothing can be done", () => {
      const due = [index("a1", { bytes: MiB(60) })];
      const high = sample({ lines: due, refused: [index("b")] }, { total, available: MiB(70) });
      const { actions, problems } = decide(high, desired, start);
      expect(actions).to.deep.equal([]);
      expect(problems).to.deep.equal([
        "lines cannot be rolled over: the disk under Elasticsearch has 70 MiB of 1000 MiB left, and 100 MiB are needed",
      ]);
      const old = [1, 2, 3].map((n) => index(`o${n}`, { created: start - 10 + n, bytes: MiB(40) }));
      const helped = sample({ lines: [...old, ...due], refused: [index("b")] }, { total, available: MiB(70) });
      expect(planned(decide(helped, desired, start))).to.deep.equal(["delete o1 disk", "delete o2 disk"]);
      // Also before one is due: there is no telling how fast the rest will fill.
      const early = sample({ lines: [...old, index("a1")], refused: [index("b")] }, { total, available: MiB(99) });
      expect(planned(decide(early, desired, start))).to.deep.equal(["delete o1 disk", "delete o2 disk"]);
    });

    it("needs a share of a small disk, and not more than a fixed size of a large one", () => {
      expect(freeNeeded(desired.disk.high, MiB(1000))).to.be.closeTo(MiB(100), 1);
      expect(freeNeeded(desired.disk.high, MiB(1_000_000))).to.equal(MiB(5000));
    });
  });

  it("never exceeds the ceiling, whatever comes, keeps what it may, and deletes the oldest first", () => {
    const growth = retention.ceilingBytes - retention.limitBytes;
    const step = fc.record({
      seconds: fc.integer({ min: 1, max: 15 }),
      lines: fc.double({ min: 0, max: 1, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 200 }), (steps) => {
        const store = new Simulation();
        for (const { seconds: passed, lines, share } of steps) {
          store.now += seconds(passed) + hours(1);
          const bytes = growth * lines;
          store.write("lines", bytes * share);
          store.write("refused", bytes * (1 - share));
          expect(store.total).to.be.at.most(retention.ceilingBytes);
          store.tidy();
          expect(store.total).to.be.at.most(retention.limitBytes);
          store.checkOrder();
        }
      }),
      { numRuns: 50 },
    );
  });
});

/** A store that grows, and does what is decided, for as long as something is. */
class Simulation {
  now = start;
  private count = 0;
  private readonly streams: Record<"lines" | "refused", BackingIndex[]> = { lines: [], refused: [] };
  private readonly deleted: Record<"lines" | "refused", number> = { lines: 0, refused: 0 };

  constructor() {
    this.begin("lines");
    this.begin("refused");
  }

  get total(): number {
    return [...this.streams.lines, ...this.streams.refused].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  write(stream: "lines" | "refused", bytes: number): void {
    const last = this.streams[stream].pop();
    if (last) this.streams[stream].push({ ...last, bytes: last.bytes + bytes, documents: last.documents + 1 });
  }

  tidy(): void {
    for (let round = 0; round < 5; round++) {
      const store: StoreSample = sample(this.streams);
      const { actions } = decide(store, desired, this.now);
      if (actions.length === 0) return;
      for (const action of actions) {
        if (action.kind === "rollover") this.begin(action.stream as "lines");
        else if (action.kind === "delete") this.remove(action.index.name);
      }
    }
    expect.fail("there is always something left to do");
  }

  checkOrder(): void {
    for (const stream of ["lines", "refused"] as const) {
      const numbers = this.streams[stream].map(({ name }) => Number(name));
      expect(numbers).to.have.length.at.least(1);
      expect(Math.min(...numbers)).to.be.greaterThan(this.deleted[stream]);
    }
  }

  private begin(stream: "lines" | "refused"): void {
    this.streams[stream].push(index(String(++this.count), { created: this.now, bytes: 0, documents: 0 }));
  }

  private remove(name: string): void {
    for (const stream of ["lines", "refused"] as const) {
      const [oldest, next] = this.streams[stream];
      if (oldest?.name !== name) continue;
      expect(next, "the index that is written to was deleted").not.to.equal(undefined);
      this.streams[stream].shift();
      this.deleted[stream] = Number(name);
      return;
    }
    expect.fail(`${name} was not the oldest`);
  }
}
