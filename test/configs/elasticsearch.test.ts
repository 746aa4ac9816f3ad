/** Elasticsearch's files, the arithmetic of retention, and that the log keeper takes what is rendered for it. */
import { expect } from "chai";
import fc from "fast-check";
import { load } from "js-yaml";
import { accounts, parseDesired } from "../../apps/logs/src/desired";
import { askedFields } from "../../apps/logs/src/lines";
import { Counter } from "../../apps/logs/src/metrics";
import { decide, type StoreSample } from "../../apps/logs/src/retention";
import { renderFigures } from "../../apps/logs/src/telemetry";
import {
  desiredState,
  elasticsearchCommand,
  elasticsearchFiles,
  heapOptions,
  renderAdmin,
  renderDesired,
  renderElasticsearch,
} from "../../configs/elasticsearch";
import { failedFields, logFields, renderMapping } from "../../configs/logs/fields";
import {
  dataView,
  deriveRetention,
  fastestGrowth,
  leastLogDisk,
  logAccounts,
  logAdmin,
  logRoles,
  logStreams,
  logUsers,
  retentionCheck,
  sizeAge,
  watermarks,
} from "../../configs/logs/streams";
import * as metrics from "../../configs/metrics";
import { Metric } from "../../configs/promql";
import { days, GiB, hours, MiB, Size } from "../../configs/units";

const input = {
  retention: days(30),
  disk: GiB(10),
  sources: [
    { service: "haproxy", format: "json", quiet: false },
    { service: "mysql", format: "text", quiet: true },
  ],
} as const;

describe("elasticsearch.yml", () => {
  const read = (imageSource: "offline" | "registry"): Record<string, unknown> =>
    load(renderElasticsearch({ stack: "dev", imageSource })) as Record<string, unknown>;

  it("is one node with security and TLS, a basic licence, and users of the stack", () => {
    expect(read("offline")).to.include({
      "cluster.name": "dev-logs",
      "discovery.type": "single-node",
      "transport.host": "127.0.0.1",
      "xpack.license.self_generated.type": "basic",
      "xpack.security.enabled": true,
      "xpack.security.autoconfiguration.enabled": false,
      "xpack.security.http.ssl.enabled": true,
      "xpack.security.http.ssl.key": elasticsearchFiles.key,
      "xpack.security.http.ssl.certificate": elasticsearchFiles.certificate,
      "xpack.security.authc.realms.file.file1.order": 0,
      "xpack.security.authc.realms.native.native1.order": 1,
      "action.destructive_requires_name": true,
      "action.auto_create_index": "-filebeat-logs,-failed-logs,*",
    });
  });

  it("says the same to both images but for a module that only upstream's has", () => {
    const { "ingest.geoip.downloader.enabled": geoip, ...others } = read("registry");
    expect(geoip).to.equal(false);
    expect(others).to.deep.equal(read("offline"));
  });

  it("has watermarks in order, as shares and as sizes", () => {
    const settings = read("offline");
    const at = (name: string, more = ""): number =>
      Number.parseInt(String(settings[`cluster.routing.allocation.disk.watermark.${name}${more}`]), 10);
    expect(["low", "high", "flood_stage"].map((name) => at(name))).to.deep.equal([85, 90, 95]);
    const sizes = ["low", "high", "flood_stage"].map((name) => at(name, ".max_headroom"));
    expect(sizes).to.deep.equal([GiB(10).bytes, GiB(5).bytes, GiB(2).bytes]);
  });

  it("starts on what the image brings and what is delivered, with a heap of one size", () => {
    const command = elasticsearchCommand({ folder: "/f", config: "/config/current", secrets: "/secrets/current" });
    expect(command.slice(0, 2)).to.deep.equal(["sh", "-c"]);
    expect(command.slice(3)).to.deep.equal(["sh", "/f", "/config/current", "/secrets/current"]);
    expect(command[2]).to.match(/^umask 077 .* exec \/usr\/local\/bin\/docker-entrypoint\.sh eswrapper$/);
    expect(heapOptions(MiB(512))).to.equal("-Xms512m -Xmx512m");
  });

  it("has one user in a file: its hash, and the role of a superuser", () => {
    expect(renderAdmin("$2a$10$hash")).to.deep.equal({
      users: "medassist_admin:$2a$10$hash\n",
      usersRoles: "superuser:medassist_admin\n",
    });
  });
});

describe("retention of log lines", () => {
  const anyInput = fc.record({
    retention: fc.integer({ min: 1, max: 3650 }).map(days),
    disk: fc.integer({ min: leastLogDisk.mebibytes, max: 10_000_000 }).map(MiB),
  });
  const growth = fastestGrowth.bytes * (retentionCheck.seconds + sizeAge.seconds);

  it("uses 9,600 MiB of 10 GiB, in pieces of 512 MiB or a day, for 30 days", () => {
    const found = deriveRetention(input);
    expect(found.limit).to.deep.equal(MiB(9600));
    expect(found.rolloverSize).to.deep.equal(MiB(512));
    expect(found.rolloverAge).to.deep.equal(hours(24));
    expect(found.keptFor).to.deep.equal(days(29));
    expect(found.largestSegment).to.deep.equal(MiB(128));
    expect(found.translog).to.deep.equal(MiB(64));
  });

  it("never exceeds the ceiling: limit, growth until the next look and four merges are below it", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const { ceiling, limit, largestSegment } = deriveRetention(given);
        expect(limit.bytes + growth + 4 * largestSegment.bytes).to.be.at.most(ceiling.bytes);
      }),
    );
  });

  it("can always get below its limit: what is written to is less", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const { limit, rolloverSize } = deriveRetention(given);
        expect(2 * (rolloverSize.bytes + growth)).to.be.lessThan(limit.bytes);
      }),
    );
  });

  it("keeps no line longer than it is told, nor shorter than all but a thirtieth of that and an hour", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const { rolloverAge, keptFor } = deriveRetention(given);
        expect(rolloverAge.seconds + keptFor.seconds).to.equal(given.retention.seconds);
        expect(rolloverAge.seconds).to.be.lessThan(given.retention.seconds / 30 + 3600);
        // Few enough indices for a small heap.
        expect(given.retention.seconds / rolloverAge.seconds).to.be.at.most(30);
      }),
    );
  });

  it("refuses less disk or time than its arithmetic is for", () => {
    const less = Size.bytes(leastLogDisk.bytes - 1);
    expect(() => deriveRetention({ ...input, disk: less })).to.throw(RangeError, "at least 512 MiB of disk");
    expect(() => deriveRetention({ ...input, retention: hours(23) })).to.throw(RangeError, "a day at least");
  });
});

describe("what the log keeper is told", () => {
  const desired = parseDesired(renderDesired(input));

  it("is taken by its parser, and has a password to be set for every account", () => {
    expect(accounts(desired).sort()).to.deep.equal([...logAccounts].sort());
    expect(desired.admin).to.equal(logAdmin);
    expect(renderDesired(input)).not.to.match(/password/i);
  });

  it("lets the shipper append and nothing else, the reader read and nothing else, metrics see no index", () => {
    const streams = [logStreams.logs.name, logStreams.failed.name];
    expect(logRoles.log_shipper.indices).to.deep.equal([{ names: streams, privileges: ["create_doc"] }]);
    expect(logRoles.log_reader.indices).to.deep.equal([
      { names: streams, privileges: ["read", "view_index_metadata"] },
    ]);
    expect(logRoles.log_metrics).to.deep.equal({ cluster: ["monitor"], indices: [] });
    for (const { name, roles } of Object.values(logUsers)) expect(roles, name).to.have.length(1);
    for (const role of [logRoles.log_shipper, logRoles.log_reader])
      for (const privilege of role.cluster) expect(privilege).to.match(/^cluster:monitor\/(main|xpack\/license\/get)$/);
  });

  it("has a template for each stream alone, with the fields of the list and a bounded translog and merge", () => {
    const [logs, failed] = desiredState(input).streams;
    expect(logs?.template.index_patterns).to.deep.equal(["filebeat-logs"]);
    expect(logs?.template.template.mappings).to.deep.equal(renderMapping(logFields));
    expect(failed?.template.template.mappings).to.deep.equal(renderMapping(failedFields));
    expect(logs?.template.template.settings).to.deep.equal({
      index: {
        number_of_shards: "1",
        number_of_replicas: "0",
        refresh_interval: "1s",
        codec: "best_compression",
        query: { default_field: ["message"] },
        translog: { flush_threshold_size: "67108864b" },
        store: { stats_refresh_interval: "1s" },
        merge: { policy: { max_merged_segment: "134217728b" }, scheduler: { max_thread_count: "1" } },
      },
    });
  });

  it("has streams of which the data view finds the lines, and not what was refused", () => {
    const view = new RegExp(`^${dataView.replace("*", ".*")}$`);
    expect(logStreams.logs.name).to.match(view);
    expect(logStreams.failed.name).not.to.match(view);
  });

  it("names the services that are never silent for long", () => {
    expect(desired.talkative).to.deep.equal(["haproxy"]);
  });

  it("is asked for fields that there are", () => {
    expect(logFields.map(({ name }) => name)).to.include.members(Object.values(askedFields));
    expect(failedFields.map(({ name }) => name)).to.include(askedFields.time);
  });

  it("has the watermarks of elasticsearch.yml: nothing is done above them, and something below", () => {
    const total = GiB(1000).bytes;
    const store = (available: number): StoreSample => ({
      streams: desired.streams.map(({ name }) => ({ name, indices: [] })),
      disk: { total, available },
    });
    expect(decide(store(watermarks.flood.atMost.bytes), desired, 0).problems).to.deep.equal([]);
    expect(decide(store(watermarks.flood.atMost.bytes - 1), desired, 0).problems).to.have.length(1);
  });
});

describe("the catalogue of metrics", () => {
  it("has of the log keeper what it exposes", () => {
    const text = renderFigures({
      ready: true,
      storeUp: true,
      store: undefined,
      limitBytes: 1,
      deleted: new Counter("reason", ["age"]),
      services: [],
      failed: 0,
      lastLines: new Map(),
      talkative: [],
      canary: { delivery: 0, lastSeen: 0 },
      shipper: undefined,
      revision: "x",
      started: 0,
      residentBytes: 0,
    });
    const exposed = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));
    const ours = Object.values(metrics).flatMap((metric) =>
      metric instanceof Metric && metric.definition.from === "apps/logs" ? [metric.definition] : [],
    );
    expect(ours).not.to.be.empty;
    for (const definition of ours) expect(exposed.get(definition.name), definition.name).to.equal(definition.type);
  });
});
