/** Reading and following lines: each once, whatever happens meanwhile. */
import { expect } from "chai";
import fc from "fast-check";
import { parseLogs } from "../../scripts/logs/options";
import { pageSize, readingOf } from "../../scripts/logs/query";
import { LogReader } from "../../scripts/logs/reader";
import { type Screen, show } from "../../scripts/logs/show";
import { NotKnown, StoreAway } from "../../scripts/logs/store";
import { MemoryStore } from "../support/memoryStore";

const start = Date.parse("2026-01-01T12:00:00Z");
const at = (secondsBefore: number): string => new Date(start - secondsBefore * 1000).toISOString();
const reading = readingOf(parseLogs(["--since", "1h"]).wish, new Date(start));

/** A store, a clock, and a reader that keeps what it was given. */
function bench() {
  const store = new MemoryStore();
  const given: string[] = [];
  let now = start;
  const reader = new LogReader(store.search, reading, () => now);
  let number = 0;
  return {
    store,
    given,
    /** Takes lines; they are as old as that. */
    take: (index: string, ...secondsBefore: number[]) =>
      secondsBefore.map((age) => store.take(index, { collected: at(age), service: "api", n: number++ })),
    wait: (seconds: number) => {
      now += seconds * 1000;
    },
    read: async () => {
      for await (const hits of reader.pages()) given.push(...hits.map((hit) => String(hit._source.n)));
    },
  };
}

describe("reading log lines", () => {
  it("gives the oldest first, and what is older than asked not at all", async () => {
    const { store, given, take, read } = bench();
    take("a", 10, 30, 20, 7200);
    store.refresh();
    await read();
    expect(given).to.deep.equal(["1", "2", "0"]);
  });

  it("reads page after page, also where many lines have one time", async () => {
    const { store, given, take, read } = bench();
    take("a", ...Array.from({ length: pageSize + 7 }, () => 5));
    take("b", ...Array.from({ length: pageSize }, () => 5));
    store.refresh();
    await read();
    expect(new Set(given).size).to.equal(2 * pageSize + 7);
    expect(given).to.have.length(2 * pageSize + 7);
  });

  it("does not let what comes meanwhile get between the pages; it comes after", async () => {
    const { store, given, take, read } = bench();
    take("a", ...Array.from({ length: pageSize * 2 }, (_, i) => 3000 - i));
    store.refresh();
    store.beforeSearch = () => {
      if (store.searches !== 3) return;
      take("a", 3001, 1);
      store.refresh();
    };
    await read();
    expect(given).to.have.length(pageSize * 2);
    await read();
    expect(given.slice(pageSize * 2)).to.deep.equal([`${pageSize * 2}`, `${pageSize * 2 + 1}`]);
  });

  it("a line that comes an hour late is not missed", async () => {
    const { store, given, take, wait, read } = bench();
    take("a", 1);
    store.refresh();
    await read();
    wait(3600);
    await read();
    take("a", 3500);
    store.refresh();
    await read();
    expect(given).to.deep.equal(["0", "1"]);
  });

  it("a line that is shown after one that was taken later is not missed, nor the later one shown again", async () => {
    const { store, given, take, wait, read } = bench();
    const [early] = take("a", 2, 1);
    store.refresh((kept) => kept !== early);
    await read();
    wait(1);
    store.refresh();
    await read();
    await read();
    expect(given).to.deep.equal(["1", "0"]);
  });

  it("asks for nothing again once all is settled", async () => {
    const { store, take, wait, read } = bench();
    take("a", 1);
    store.refresh();
    await read();
    for (let i = 0; i < 5; i++) {
      wait(1);
      await read();
    }
    const before = store.searches;
    await read();
    expect(store.searches - before).to.equal(1);
  });

  it("goes on where it was when the store goes away between two pages", async () => {
    const { store, given, take, read } = bench();
    take("a", ...Array.from({ length: pageSize * 3 }, (_, i) => 3500 - i));
    store.refresh();
    store.beforeSearch = () => {
      if (store.searches === 3) throw new StoreAway("away");
    };
    let failed = 0;
    await read().catch(() => {
      failed += 1;
    });
    await read();
    expect(failed).to.equal(1);
    expect(given).to.have.length(pageSize * 3);
    expect(new Set(given).size).to.equal(pageSize * 3);
  });

  it("whatever comes in whatever order, with pauses and failures: every line once", async () => {
    const step = fc.record({
      taken: fc.array(fc.record({ index: fc.constantFrom("a", "b"), age: fc.integer({ min: 0, max: 3000 }) }), {
        maxLength: 6,
      }),
      /** Of what is not shown yet, what a refresh leaves out. */
      hidden: fc.integer({ min: 0, max: 3 }),
      pause: fc.integer({ min: 0, max: 4 }),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const { store, given, take, wait, read } = bench();
        let total = 0;
        let left: unknown[] = [];
        for (const { taken, hidden, pause, fails } of steps) {
          // What one refresh left out, the next one shows: that is all that Elasticsearch does.
          store.refresh();
          const fresh = taken.flatMap(({ index, age }) => take(index, age));
          total += fresh.length;
          left = fresh.slice(0, hidden);
          store.refresh((kept) => !left.includes(kept));
          let searches = 0;
          store.beforeSearch = () => {
            searches += 1;
            if (fails && searches === 2) throw new StoreAway("away");
          };
          await read().catch(() => {});
          // A refresh a second: never later than the time that the reader gives it.
          wait(Math.min(pause, 2));
        }
        store.beforeSearch = () => {};
        store.refresh();
        await read();
        await read();
        expect(given).to.have.length(total);
        expect(new Set(given).size).to.equal(total);
      }),
      { numRuns: 300 },
    );
  });
});

describe("showing log lines", () => {
  /** Runs the command; it is ended once `until` holds, asked at each remark and each write. */
  async function shown(
    store: MemoryStore,
    args: string[],
    until: (written: string, remarks: string[]) => boolean = () => false,
  ) {
    const enough = new AbortController();
    let written = "";
    const remarks: string[] = [];
    const check = () => {
      if (until(written, remarks)) enough.abort();
    };
    const screen: Screen = {
      look: { colour: false },
      done: enough.signal,
      write: async (text) => {
        written += text;
        check();
      },
      remark: (text) => {
        remarks.push(text);
        check();
      },
    };
    await show(parseLogs(args), { search: store.search, close: () => {} }, screen);
    return { written, remarks };
  }
  const now = (): string => new Date().toISOString();
  function filled(): MemoryStore {
    const store = new MemoryStore();
    store.take("a", { collected: now(), service: "api", message: "first" });
    store.take("a", { collected: now(), service: "api10", message: "second" });
    store.take("a", { collected: now(), service: "api2", message: "third" });
    store.refresh();
    return store;
  }

  it("of the services that were named; JSON is a document a line", async () => {
    const { written, remarks } = await shown(filled(), ["--service", "api2,api", "--json"]);
    expect(
      written
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).message),
    ).to.have.members(["first", "third"]);
    expect(remarks).to.deep.equal([]);
  });

  it("an unknown service is refused with those that there are", async () => {
    const failed = await shown(filled(), ["--service", "apii"]).catch((error: Error) => error.message);
    expect(failed).to.equal('no line of "apii" was ever stored. There are lines of: api, api2, api10');
    expect(await shown(new MemoryStore(), ["--service", "api"]).catch((error: Error) => error.message)).to.include(
      "nobody",
    );
  });

  it("no line is said beside the lines", async () => {
    const { written, remarks } = await shown(filled(), ["--status", "5xx"]);
    expect(written).to.equal("");
    expect(remarks).to.deep.equal(["no line of the last 10m is like that"]);
  });

  it("follows through an absence of the store, says so once, and misses nothing", async () => {
    const store = filled();
    let away = 0;
    store.beforeSearch = () => {
      if (store.searches < 3 || away >= 2) return;
      away += 1;
      if (away === 1) {
        store.take("a", { collected: now(), service: "api", message: "while it was away" });
        store.refresh();
      }
      throw new StoreAway("Elasticsearch does not answer");
    };
    const { written, remarks } = await shown(store, ["--follow"], (_, said) => said.length === 2);
    expect(remarks[0]).to.include("does not answer").and.include("nothing is left out");
    expect(remarks[1]).to.equal("Elasticsearch answers again");
    expect(written.match(/while it was away/g)).to.have.length(1);
    expect(written.match(/first/g)).to.have.length(1);
  });

  it("is not put off by a server that knows nobody right after its start", async () => {
    const store = filled();
    store.beforeSearch = () => {
      if (store.searches === 3) throw new NotKnown("refused");
    };
    const { remarks } = await shown(store, ["--follow"], (_, said) => said.length === 2);
    expect(remarks[1]).to.equal("Elasticsearch answers again");
  });

  it("does not go on for ever when following is refused", async () => {
    const store = filled();
    store.beforeSearch = () => {
      if (store.searches >= 3) throw new Error("401");
    };
    expect(await shown(store, ["--follow"]).catch((error: Error) => error.message)).to.equal("401");
  });

  it("ends between two pages when somebody has seen enough", async () => {
    const store = new MemoryStore();
    for (let i = 0; i < pageSize * 3; i++) store.take("a", { collected: now(), service: "api", message: `${i}` });
    store.refresh();
    const { written } = await shown(store, [], (text) => text !== "");
    expect(written.split("\n")).to.have.length(pageSize + 1);
    expect(store.searches).to.equal(2);
  });
});
