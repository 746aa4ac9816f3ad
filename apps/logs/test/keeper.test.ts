import { expect } from "chai";
import { Keeper } from "../src/keeper";
import { createLogger } from "../src/logger";
import type { Settings } from "../src/settings";
import { FakeStore } from "./fakeStore";
import { desired, hours, json, type Line, MiB, seconds, settings, start } from "./samples";

describe("the keeper", () => {
  let store: FakeStore;
  let keeper: Keeper;
  let now: number;
  let lines: Line[];
  let tests: string[];

  const run = (given: Partial<Settings> = {}): void => {
    const clock = (): number => now;
    const write = (text: string): void => void lines.push(JSON.parse(text));
    keeper = new Keeper({
      settings: settings(given),
      log: createLogger({ stack: "dev", level: "debug", now: clock, write }),
      send: store.network.send,
      now: clock,
      pause: async (milliseconds) => {
        now += milliseconds;
      },
      writeTest: ({ canary }) => void tests.push(canary ?? ""),
    });
  };
  /** Time passes, and what is due is done. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (const end = now + milliseconds; now < end; ) {
      now = Math.min(end, now + 1000);
      await keeper.tick();
    }
  };
  /** The store is made, then looked at. */
  const begin = async (): Promise<void> => {
    await keeper.tick();
    expect(keeper.problems).to.deep.equal(["It is not known yet how full the store is"]);
    await keeper.tick();
  };
  const said = (...levels: string[]): string[] =>
    lines.filter(({ level }) => levels.includes(level)).map(({ message }) => message);
  const done = (): string[] => lines.flatMap((line) => line.done?.split("; ") ?? []);
  const metric = (name: string): number | undefined => {
    const found = keeper
      .metrics()
      .split("\n")
      .find((line) => line.startsWith(`${name} `));
    return found === undefined ? undefined : Number(found.slice(name.length + 1));
  };

  beforeEach(() => {
    now = start;
    lines = [];
    tests = [];
    store = new FakeStore(() => now);
    run();
  });

  it("makes everything of an empty store, users last; then it has nothing to do", async () => {
    expect(keeper.problems).to.deep.equal(["Elasticsearch has not been asked yet"]);
    expect(metric("log_pipeline_ready")).to.equal(0);
    await begin();
    expect(keeper.problems).to.deep.equal([]);
    expect(store.changes()).to.deep.equal([
      "PUT /_index_template/lines",
      "PUT /_data_stream/lines",
      "PUT /_index_template/refused",
      "PUT /_data_stream/refused",
      "PUT /_security/role/appender",
      "PUT /_security/role/reading",
      "PUT /_security/user/shipper",
      "PUT /_security/user/reader",
      "PUT /_security/user/kibana_system/_password",
    ]);
    expect(Object.fromEntries(store.passwords)).to.deep.equal({
      boss: "b",
      shipper: "s",
      reader: "r",
      kibana_system: "k",
    });
    const before = store.changes().length;
    await pass(seconds(130));
    expect(store.changes()).to.have.length(before);
    expect(metric("log_pipeline_ready")).to.equal(1);
    expect(said("warning", "error")).to.deep.equal([]);
    expect(said("info")).to.deep.equal(["the store was changed to what it should be", "the store is as it should be"]);
  });

  it("repairs what somebody changes", async () => {
    await begin();
    lines = [];
    store.roles.set("appender", { ...desired.roles.appender, cluster: ["all"] });
    store.roles.delete("reading");
    store.users.set("shipper", { roles: ["appender", "superuser"], enabled: true });
    store.users.set("kibana_system", { roles: ["kibana_system"], enabled: false });
    store.passwords.set("reader", "another");
    store.templates.set("lines", { template: { settings: {} } });
    await pass(seconds(61));
    expect(done()).to.have.members([
      "index template lines put right",
      "role appender put right",
      "role reading made",
      "user shipper put right",
      "password of reader set",
      "user kibana_system enabled",
    ]);
    expect(keeper.problems).to.deep.equal([]);
  });

  it("makes a stream again within seconds when somebody deletes it", async () => {
    await pass(seconds(20));
    store.streams.delete("refused");
    await pass(seconds(16));
    expect(done()).to.include("data stream refused made");
    expect(keeper.problems).to.deep.equal([]);
  });

  it("rolls over to a new template once, and not again and again if that does not help", async () => {
    await keeper.tick();
    for (const name of store.streams.get("lines") ?? []) {
      const index = store.indices.get(name);
      if (index) index.mappings = { dynamic: "false", properties: {} };
    }
    await pass(seconds(61));
    expect(done()).to.include("data stream lines rolled over, since its template has changed");
    expect(store.streams.get("lines")).to.have.length(2);

    const begin = store.begin.bind(store);
    store.begin = (stream) => {
      const name = begin(stream);
      const index = store.indices.get(name);
      if (index) index.mappings = {};
      return name;
    };
    store.begin("lines");
    await pass(seconds(200));
    expect(store.streams.get("lines")).to.have.length(4);
    expect(keeper.problems).to.deep.equal([".ds-lines-000005 is not as its template says, although it was made by it"]);
  });

  it("is calm while Elasticsearch is away: asks less and less often, says it once, and when it is back", async () => {
    store.down = "ECONNREFUSED";
    await pass(seconds(120));
    const sentence = "Elasticsearch does not answer at https://store:9200 (ECONNREFUSED)";
    expect(keeper.problems).to.deep.equal([sentence]);
    expect(said("info").filter((line) => line === sentence)).to.have.length(1);
    expect(said("warning", "error")).to.deep.equal([]);
    const asked = store.network.asked.filter(({ url }) => url.startsWith("https:")).length;
    expect(asked).to.be.within(8, 14);
    store.down = undefined;
    store.starting = true;
    await pass(seconds(30));
    expect(keeper.problems).to.deep.equal(["Elasticsearch is not ready (503, unavailable_shards_exception)"]);
    store.starting = false;
    await pass(seconds(16));
    expect(keeper.problems).to.deep.equal([]);
    expect(said("info")).to.include("Elasticsearch answers again");

    lines = [];
    store.down = "ECONNRESET";
    await pass(seconds(3));
    expect(said("warning")).to.deep.equal(["Elasticsearch does not answer at https://store:9200 (ECONNRESET)"]);
    expect(metric("log_store_up")).to.equal(0);
    expect(metric('log_store_bytes{data_stream="lines"}')).to.equal(undefined);
    store.down = undefined;
    await pass(seconds(3));
    expect(metric("log_store_up")).to.equal(1);
  });

  it("says that its password is wrong, and goes on as soon as it is right", async () => {
    store.passwords.set("boss", "changed");
    await pass(seconds(60));
    expect(keeper.problems).to.deep.equal(["Elasticsearch refuses the password of boss (401)"]);
    expect(said("error")).to.deep.equal(["Elasticsearch refuses the password of boss (401)"]);
    store.passwords.set("boss", "b");
    await pass(seconds(16));
    expect(keeper.problems).to.deep.equal([]);
  });

  it("makes no user while a stream cannot be made, and says why", async () => {
    const reason = "index pattern is wrong";
    store.once.set(
      "PUT /_index_template/refused",
      json(400, { error: { type: "illegal_argument_exception", reason }, status: 400 }),
    );
    await keeper.tick();
    expect(keeper.problems).to.deep.equal([
      `Elasticsearch refuses PUT /_index_template/refused (400, illegal_argument_exception: ${reason})`,
    ]);
    expect(store.users.has("shipper")).to.equal(false);
    await pass(seconds(16));
    expect(keeper.problems).to.deep.equal([]);
    expect(store.users.has("shipper")).to.equal(true);
  });

  it("does not take a change for done that is not confirmed", async () => {
    store.once.set("PUT /_data_stream/lines", json(200, { acknowledged: false }));
    await keeper.tick();
    expect(keeper.problems).to.deep.equal(["Elasticsearch did not confirm PUT /_data_stream/lines"]);
  });

  it("is not ready while a part of the data is missing", async () => {
    store.health = "red";
    await keeper.tick();
    expect(keeper.problems).to.deep.equal(["A part of the data is missing in Elasticsearch: its state is red"]);
    store.afterReroute = "green";
    await pass(seconds(16));
    expect(keeper.problems).to.deep.equal([]);
  });

  it("deletes the oldest when there is too much, counts it and tells of it", async () => {
    await keeper.tick();
    for (let n = 0; n < 20; n++) {
      const name = store.begin("lines");
      Object.assign(store.indices.get(name) ?? {}, { bytes: MiB(48), documents: 1000 });
    }
    const [, oldest] = store.streams.get("lines") ?? [];
    await pass(seconds(16));
    expect(store.streams.get("lines")).not.to.include(oldest);
    expect(metric('log_retention_deleted_indices_total{reason="size"}')).to.be.greaterThan(1);
    expect(metric('log_store_bytes{data_stream="lines"}')).to.be.at.most(MiB(900));
    expect(metric('log_store_backing_indices{data_stream="lines"}')).to.equal(store.streams.get("lines")?.length);
    expect(metric("log_store_limit_bytes")).to.equal(MiB(1000));
  });

  it("makes room on a full disk, and lets lines in again", async () => {
    await keeper.tick();
    store.disk = { total: MiB(1000), available: MiB(20) };
    const names = [1, 2, 3, 4, 5, 6].map(() => store.begin("lines"));
    for (const name of names)
      Object.assign(store.indices.get(name) ?? {}, { bytes: MiB(30), documents: 9, blocked: true });
    await pass(seconds(16));
    expect([...store.indices.values()].filter(({ blocked }) => blocked)).to.deep.equal([]);
    expect(store.changes()).to.include("PUT /lines,refused/_settings");
    expect(metric('log_retention_deleted_indices_total{reason="disk"}')).to.equal(6);
    expect(said("warning")).to.include("there is room on the disk again: lines are taken");
    expect(keeper.problems).to.deep.equal([]);
  });

  it("says that the disk is full if it can do nothing about it", async () => {
    await keeper.tick();
    store.disk = { total: MiB(1000), available: MiB(20) };
    await pass(seconds(61));
    expect(keeper.problems.join()).to.match(/^The disk under Elasticsearch is full \(20 MiB of 1000 MiB are free/);
    expect(said("error")).to.have.length(1);
  });

  it("measures how long its test line takes, and for how long one is missing", async () => {
    await pass(seconds(1));
    expect(tests).to.have.length(1);
    expect(tests[0]).to.match(/^[a-z]{20}$/);
    expect(metric("log_canary_last_seen_timestamp_seconds")).to.equal(start / 1000);
    await pass(seconds(1));
    store.hits = [{ canary: tests[0] ?? "" }];
    await pass(seconds(1));
    expect(metric("log_canary_delivery_seconds")).to.equal(2);
    expect(metric("log_canary_last_seen_timestamp_seconds")).to.equal(start / 1000 + 1);
    await pass(seconds(40));
    // The next two are waited for: the first of them since 15 s after the found one.
    expect(tests).to.have.length(3);
    expect(metric("log_canary_delivery_seconds")).to.equal(27);
    store.hits = [{ canary: tests[2] ?? "" }];
    await pass(seconds(5));
    expect(metric("log_canary_last_seen_timestamp_seconds")).to.equal(start / 1000 + 31);
    const newest = store.network.asked.filter(({ path }) => path.endsWith("_search")).at(-1);
    expect(newest?.user).to.equal("reader");
  });

  it("counts what lines say, by service, and remembers who was last heard when", async () => {
    store.services = [
      {
        key: "haproxy",
        doc_count: 12,
        last: { value: now + hours(1) },
        levels: {
          buckets: [
            { key: "info", doc_count: 10 },
            { key: "none", doc_count: 2 },
          ],
        },
        unread: { doc_count: 3 },
        redacted: { buckets: [{ key: "email", doc_count: 1 }] },
      },
      { key: "mysql", doc_count: 1, last: { value: now - hours(2) }, unread: { doc_count: 0 } },
    ];
    store.failed = 4;
    await pass(seconds(2));
    expect(metric('log_lines_recent{log_service="haproxy",level="info"}')).to.equal(10);
    expect(metric('log_lines_recent{log_service="haproxy",level="none"}')).to.equal(2);
    expect(metric('log_parse_failures_recent{log_service="haproxy"}')).to.equal(3);
    expect(metric('log_parse_failures_recent{log_service="mysql"}')).to.equal(undefined);
    expect(metric('log_redacted_lines_recent{log_service="haproxy",kind="email"}')).to.equal(1);
    expect(metric("log_failed_documents_recent")).to.equal(4);
    expect(metric('log_source_expected{log_service="haproxy"}')).to.equal(1);
    // A clock that is ahead counts as now.
    expect(metric('log_last_line_timestamp_seconds{log_service="haproxy"}')).to.be.at.most(now / 1000);
    store.services = [];
    await pass(hours(23));
    expect(metric('log_last_line_timestamp_seconds{log_service="haproxy"}')).not.to.equal(undefined);
    expect(metric('log_last_line_timestamp_seconds{log_service="mysql"}')).to.equal(undefined);
  }).timeout(60_000);

  it("shows what Filebeat says, and that it is away", async () => {
    store.shipper = {
      filebeat: { harvester: { open_files: 18 } },
      libbeat: {
        output: { events: { acked: 100, failed: 3, dropped: 0, duplicates: 2, dead_letter: 1 } },
        pipeline: { queue: { filled: { pct: 0.25 } } },
      },
    };
    await keeper.tick();
    const figures = { acked: 100, failed: 3, dropped: 0, duplicate: 2, dead_letter: 1 };
    for (const [name, value] of Object.entries(figures))
      expect(metric(`log_shipper_${name}_events_total`), name).to.equal(value);
    expect(metric("log_shipper_queue_used_ratio")).to.equal(0.25);
    expect(metric("log_shipper_open_files")).to.equal(18);
    expect(metric("log_shipper_up")).to.equal(1);
    store.shipper = undefined;
    await pass(seconds(40));
    expect(metric("log_shipper_up")).to.equal(0);
    expect(metric("log_shipper_acked_events_total")).to.equal(undefined);
    expect(said("warning")).to.deep.equal(["Filebeat does not answer at http://shipper:5066 (ECONNREFUSED)"]);
    expect(keeper.problems).to.deep.equal([]);
  });

  it("never says a password, nor what an error of others says", async () => {
    store.passwords.set("boss", "changed");
    await pass(seconds(30));
    store.down = "EPIPE";
    await pass(seconds(30));
    const all = JSON.stringify(lines) + keeper.metrics() + keeper.problems.join();
    expect(all).not.to.match(/secret text|changed/);
  });
});
