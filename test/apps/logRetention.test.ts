/** The log keeper's retention against the real Elasticsearch: a ceiling that holds, and a disk that is full. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Authority } from "../../apps/logs/test/certificates";
import { logStreams, logUsers } from "../../configs/logs/streams";
import { MiB } from "../../configs/units";
import { preparationLimit, readyImages } from "../images/support";
import { LogServers, line } from "./logServer";
import { admin, desired, type Given, login, Running, toMiB } from "./runningKeeper";

const { logs } = logStreams;

describe("the log keeper's retention", function () {
  this.timeout(300_000);
  const authority = new Authority();
  const shipper = login(logUsers.shipper.name);
  const reader = login(logUsers.reader.name);
  let servers: LogServers;
  const running: Running[] = [];

  before(async function () {
    this.timeout(preparationLimit);
    const { elasticsearch } = await readyImages(["elasticsearch"], "offline");
    servers = new LogServers(`logfull-${process.pid}`, elasticsearch, authority);
  });
  after(() => {
    authority.remove();
    servers?.close();
  });
  afterEach(async () => {
    for (const keeper of running.splice(0)) await keeper.stop();
  });

  const start = (given: Given): Running => {
    const keeper = new Running(servers.url, { authority: authority.certificate, ...given });
    running.push(keeper);
    return keeper;
  };
  const refresh = () => servers.told(admin(), "POST", `/${logs.name}/_refresh`);

  it("keeps the ceiling while more comes than there is room for, and deletes the oldest first", async () => {
    await servers.start({ admin: "first", data: servers.volume() });
    const ceiling = MiB(40).bytes;
    const bounds = { check: 500, ceilingBytes: ceiling, limitBytes: MiB(20).bytes, rolloverBytes: MiB(2).bytes };
    const retention = { ...desired.retention, ...bounds };
    const keeper = start({ desired: { ...desired, retention } });
    await keeper.untilReady();
    let [sent, largest] = [0, 0];
    const filling = Date.now();
    // 60,000 lines of about a KiB that can hardly be compressed.
    while (sent < 60_000) {
      const documents = Array.from({ length: 500 }, () =>
        line({ _id: `fill-${sent}`, duration: sent++, message: randomBytes(700).toString("base64") }),
      );
      expect(new Set(await servers.bulk(shipper, logs.name, "create", documents))).to.deep.equal(new Set([201]));
      largest = Math.max(largest, servers.diskUsed());
    }
    const seconds = (Date.now() - filling) / 1000;
    expect(largest).to.be.within(bounds.limitBytes, ceiling);
    await keeper.until(
      "it is below its limit",
      () => (keeper.metric(`log_store_bytes{data_stream="${logs.name}"}`) ?? 0) <= bounds.limitBytes,
    );
    await refresh();
    const { hits, aggregations } = await servers.told<{
      hits: { total: { value: number } };
      aggregations: { first: { value: number }; last: { value: number } };
    }>(reader, "POST", `/${logs.name}/_search`, {
      size: 0,
      track_total_hits: true,
      query: { exists: { field: "duration" } },
      aggs: { first: { min: { field: "duration" } }, last: { max: { field: "duration" } } },
    });
    // What is left is the newest, without a gap.
    expect(aggregations.last.value).to.equal(sent - 1);
    expect(hits.total.value).to.equal(sent - aggregations.first.value);
    expect(aggregations.first.value).to.be.within(20_000, 58_000);
    expect(keeper.metric('log_retention_deleted_indices_total{reason="size"}')).to.be.greaterThan(3);
    expect(keeper.problems).to.deep.equal([]);
    const figures = `${sent} lines in ${Math.round(seconds)} s, at most ${toMiB(largest)} on the disk, ceiling ${toMiB(ceiling)}`;
    process.stdout.write(`      ${figures}; ${hits.total.value} are left\n`);
  });

  it("on a disk that others filled: deletes the oldest until lines are taken again, and keeps the newest", async () => {
    await servers.start({ admin: "first", data: { memory: 600 } });
    const retention = { ...desired.retention, check: 500 };
    const keeper = start({ desired: { ...desired, retention } });
    await keeper.untilReady();
    let sent = 0;
    const send = async (): Promise<number[]> => {
      const documents = Array.from({ length: 64 }, (_, index) =>
        line({ _id: `full-${sent}-${index}`, duration: sent, message: randomBytes(12_000).toString("base64") }),
      );
      return servers.bulk(shipper, logs.name, "create", documents);
    };
    // Several indices, each of a twentieth of the disk.
    for (; sent < 120; sent++) {
      expect(new Set(await send())).to.deep.equal(new Set([201]));
      await sleep(50);
    }
    const indices = `log_store_backing_indices{data_stream="${logs.name}"}`;
    await keeper.until("there are several indices", () => (keeper.metric(indices) ?? 0) >= 4);
    await keeper.stop();

    servers.fillDisk(20);
    for (const end = Date.now() + 60_000; !(await send()).includes(429); sent++) {
      expect(Date.now(), "Elasticsearch goes on as if there were room").to.be.lessThan(end);
      await sleep(1000);
    }
    const again = start({ desired: { ...desired, retention } });
    await again.untilReady();
    expect(new Set(await send())).to.deep.equal(new Set([201]));
    expect(again.metric('log_retention_deleted_indices_total{reason="disk"}')).to.be.greaterThan(0);
    expect(again.said("warning")).to.include("there is room on the disk again: lines are taken");
    await refresh();
    const { aggregations } = await servers.told<{ aggregations: { seen: { buckets: { key: number }[] } } }>(
      reader,
      "POST",
      `/${logs.name}/_search`,
      { size: 0, aggs: { seen: { terms: { field: "duration", size: 1000 } } } },
    );
    const seen = aggregations.seen.buckets.map(({ key }) => key);
    expect(seen).to.include.members([sent, sent - 1]);
    expect(seen).not.to.include(0);
    const deletedCount = again.metric('log_retention_deleted_indices_total{reason="disk"}');
    process.stdout.write(`      ${deletedCount} indices went, ${seen.length} of ${sent + 1} MiB are left\n`);
  });
});
