/** The log keeper (apps/logs) against the real Elasticsearch: what it makes, repairs and deletes, and what its users may do. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { parseDesired } from "../../apps/logs/src/desired";
import { Keeper } from "../../apps/logs/src/keeper";
import { createLogger } from "../../apps/logs/src/logger";
import { createSend } from "../../apps/logs/src/outgoing";
import type { Settings } from "../../apps/logs/src/settings";
import { Authority } from "../../apps/logs/test/certificates";
import { planImage } from "../../components/platform/docker/imagePlan";
import { renderDesired } from "../../configs/elasticsearch";
import { logAccounts, logAdmin, logStreams, logUsers } from "../../configs/logs/streams";
import { ports } from "../../configs/ports";
import { days, GiB, MiB } from "../../configs/units";
import { buildImage } from "../../scripts/setup/images";
import { docker, hardening, preparationLimit, readyImages, tryDocker, until } from "../images/support";
import { adminPasswords, type Login, LogServers } from "./logServer";

const { logs, failed } = logStreams;
const sources = [{ service: "haproxy", format: "json", quiet: false }] as const;
const desiredText = renderDesired({ retention: days(30), disk: GiB(10), sources });
const desired = parseDesired(desiredText);
/** Everybody's password but the admin's ends in this. */
type Epoch = "first" | "second";

describe("the log keeper and Elasticsearch", function () {
  this.timeout(300_000);
  const prefix = `logtest-${process.pid}`;
  const authority = new Authority();
  const strangers = new Authority();
  let servers: LogServers;
  let node: string;
  let volume: string;
  const running: Running[] = [];

  before(async function () {
    this.timeout(preparationLimit);
    const references = await readyImages(["elasticsearch", "node"], "offline");
    node = references.node;
    servers = new LogServers(prefix, references.elasticsearch, authority);
    volume = servers.volume();
    await servers.start({ admin: "first", data: volume });
  });
  after(() => {
    authority.remove();
    strangers.remove();
    servers?.close();
  });
  afterEach(async () => {
    for (const keeper of running.splice(0)) await keeper.stop();
  });

  const login = (user: string, epoch: Epoch = "first"): Login => ({ user, password: passwordOf(user, epoch) });
  const admin = (epoch: Epoch = "first"): Login => login(logAdmin, epoch);
  const start = (given: Given = {}): Running => {
    const keeper = new Running(servers.url, { authority: authority.certificate, ...given });
    running.push(keeper);
    return keeper;
  };
  const bulk = (user: Login, stream: string, operation: string, documents: readonly object[]) => {
    const lines = documents.flatMap((document, index) => [
      JSON.stringify({ [operation]: "_id" in document ? { _id: document._id } : { _id: `${stream}-${index}` } }),
      JSON.stringify({ ...document, _id: undefined }),
    ]);
    return servers.ask(user, "POST", `/${stream}/_bulk`, `${lines.join("\n")}\n`);
  };
  const statuses = ({ body }: { readonly body: string }): number[] =>
    (JSON.parse(body) as { items: Record<string, { status: number }>[] }).items.map(
      (item) => Object.values(item)[0]?.status ?? 0,
    );
  const line = (more: object = {}): object => ({ "@timestamp": new Date().toISOString(), service: "haproxy", ...more });
  const refresh = () => servers.told(admin(), "POST", `/${logs.name},${failed.name}/_refresh`);

  it("makes everything of an empty server, and has nothing to do the second time", async () => {
    const keeper = start();
    await keeper.untilReady();
    expect(keeper.done()).to.have.members([
      ...[logs, failed].flatMap(({ name }) => [`index template ${name} made`, `data stream ${name} made`]),
      "role log_shipper made",
      "role log_reader made",
      "role log_metrics made",
      ...Object.values(logUsers).map(({ name }) => `user ${name} made`),
      "password of kibana_system set",
    ]);
    await keeper.stop();
    const again = start();
    await again.untilReady();
    expect(again.done()).to.deep.equal([]);
    expect(again.said("warning", "error")).to.deep.equal([]);
    for (const user of logAccounts) expect((await servers.ask(login(user), "GET", "/")).status, user).not.to.equal(401);
    for (const password of ["", "changeme", passwordOf("elastic", "first")])
      expect((await servers.ask({ user: "elastic", password }, "GET", "/")).status).to.equal(401);
  });

  it("lets the shipper append lines, and neither change, read nor delete any", async () => {
    const shipper = login(logUsers.shipper.name);
    // What Filebeat asks before it sends.
    await servers.told(shipper, "GET", "/");
    await servers.told(shipper, "GET", "/_license");
    const lines = [line({ _id: "one", message: "kept", status: 200 }), line({ _id: "two", unknown: { key: 1 } })];
    expect(statuses(await bulk(shipper, logs.name, "create", lines))).to.deep.equal([201, 201]);
    expect(statuses(await bulk(shipper, logs.name, "create", lines))).to.deep.equal([409, 409]);
    expect(statuses(await bulk(shipper, failed.name, "create", [line()]))).to.deep.equal([201]);
    // A field of the wrong type: it is this that goes to the failures.
    expect(statuses(await bulk(shipper, logs.name, "create", [line({ _id: "x", status: "ok" })]))).to.deep.equal([400]);

    // A stream takes new documents only, and its index nothing from the shipper.
    expect(statuses(await bulk(shipper, logs.name, "index", lines))).to.deep.equal([400, 400]);
    const index = await writeIndex(logs.name);
    const overwrite = `{"index":{"_id":"one","if_seq_no":0,"if_primary_term":1}}\n${JSON.stringify(line())}\n`;
    for (const text of [overwrite, `{"update":{"_id":"one"}}\n{"doc":{}}\n`, `{"delete":{"_id":"one"}}\n`])
      expect(statuses(await servers.ask(shipper, "POST", `/${index}/_bulk`, text))).to.deep.equal([403]);
    await refusedAll(shipper, [
      ["GET", `/${logs.name}/_search`],
      ["GET", `/${logs.name}/_count`],
      ["GET", `/${index}/_doc/one`],
      ["DELETE", `/${index}/_doc/one`],
      ["POST", `/${index}/_update/one`, { doc: { message: "x" } }],
      ["DELETE", `/_data_stream/${logs.name}`],
      ["DELETE", `/${index}`],
      ["POST", `/${logs.name}/_rollover`],
      ["PUT", `/${logs.name}/_mapping`, { properties: { x: { type: "keyword" } } }],
      ["PUT", `/${logs.name}/_settings`, { "index.refresh_interval": "-1" }],
      ["PUT", "/other-logs/_create/1", line()],
      ["PUT", "/_data_stream/failed-others"],
      ["PUT", `/_index_template/${logs.name}`, { index_patterns: [logs.name], data_stream: {} }],
      ["GET", "/_security/user"],
      ["GET", "/_cluster/health"],
    ]);
    await refresh();
    const { hits } = await servers.told<{ hits: { hits: { _source: object }[] } }>(
      admin(),
      "POST",
      `/${logs.name}/_search`,
      { query: { term: { message: "kept" } } },
    );
    expect(hits.hits.map(({ _source }) => _source)).to.have.length(1);
  });

  it("lets the reader search, count and ask for fields, and write nothing", async () => {
    const reader = login(logUsers.reader.name);
    expect(await count(reader, logs.name)).to.equal(2);
    await servers.told(reader, "POST", "/filebeat-*/_search", { query: { range: { status: { gte: 200 } } } });
    await servers.told(reader, "GET", `/${logs.name}/_field_caps?fields=*`);
    await servers.told(reader, "GET", `/${failed.name}/_search`);
    const index = await writeIndex(logs.name);
    await refusedAll(reader, [
      ["PUT", `/${logs.name}/_create/three`, line()],
      ["DELETE", `/${index}/_doc/one`],
      ["POST", `/${index}/_update/one`, { doc: { message: "x" } }],
      ["DELETE", `/${index}`],
      ["DELETE", `/_data_stream/${logs.name}`],
      ["POST", `/${logs.name}/_rollover`],
      ["PUT", `/${logs.name}/_settings`, { "index.refresh_interval": "-1" }],
      ["GET", "/.security/_search"],
      ["GET", "/_cluster/health"],
      ["GET", "/_security/user"],
    ]);
  });

  it("lets the exporter see the state of the server, and no line", async () => {
    const metrics = login(logUsers.metrics.name);
    await servers.told(metrics, "GET", "/_cluster/health");
    await servers.told(metrics, "GET", "/_nodes/stats");
    await refusedAll(metrics, [
      ["GET", `/${logs.name}/_search`],
      ["PUT", `/${logs.name}/_create/three`, line()],
      ["GET", "/_security/user"],
      ["PUT", "/_cluster/settings", { persistent: { "cluster.max_shards_per_node": 1 } }],
    ]);
  });

  it("repairs what somebody changed or deleted by hand", async () => {
    const keeper = start({ reconcile: 1000 });
    await keeper.untilReady();
    const change = async (method: "PUT" | "DELETE", path: string, body?: object): Promise<void> => {
      await servers.told(admin(), method, path, body);
    };
    const broken = { index_patterns: [logs.name], priority: 500, data_stream: {}, template: { mappings: {} } };
    await change("PUT", `/_index_template/${logs.name}`, broken);
    await keeper.untilDone(`index template ${logs.name} put right`);
    await change("DELETE", "/_security/role/log_reader");
    await keeper.untilDone("role log_reader made");
    await change("PUT", "/_security/role/log_shipper", { cluster: ["all"] });
    await keeper.untilDone("role log_shipper put right");
    await change("DELETE", "/_security/user/filebeat");
    await keeper.untilDone("user filebeat made");
    await change("PUT", "/_security/user/log_reader/_password", { password: "another1" });
    await keeper.untilDone("password of log_reader set");
    await change("PUT", "/_security/user/log_metrics/_disable");
    await keeper.untilDone("user log_metrics put right");
    await change("PUT", `/${logs.name}/_settings`, { "index.refresh_interval": "-1" });
    await keeper.untilDone(`data stream ${logs.name} rolled over, since its template has changed`);
    await change("DELETE", `/_data_stream/${failed.name}`);
    await keeper.untilDone(`data stream ${failed.name} made`);
    await keeper.untilReady();
    // Nothing was lost by it.
    expect(await count(admin(), logs.name)).to.equal(2);
  });

  it("measures its test line, and counts the lines by what they say", async () => {
    const shipper = login(logUsers.shipper.name);
    const keeper = start({
      canary: 3000,
      // As if Filebeat took a second.
      writeTest: (fields) => {
        setTimeout(() => void bulk(shipper, logs.name, "create", [line({ ...fields, _id: fields.canary })]), 1000);
      },
    });
    const more = [
      line({ _id: "a", level: "error", redacted: ["email"] }),
      line({ _id: "b", level: "error", parse_error: "json" }),
    ];
    await bulk(shipper, logs.name, "create", more);
    await bulk(shipper, failed.name, "create", [line({ _id: "c" })]);
    await refresh();
    await keeper.untilReady();
    await keeper.until(
      "a test line is found",
      () => (keeper.metric("log_canary_last_seen_timestamp_seconds") ?? 0) > keeper.started / 1000 + 2,
    );
    expect(keeper.metric("log_canary_delivery_seconds")).to.be.within(1, 3.5);
    await keeper.until("lines are counted", () => keeper.metric("log_failed_documents_recent") !== undefined);
    expect(keeper.metric('log_lines_recent{log_service="haproxy",level="error"}')).to.equal(2);
    expect(keeper.metric('log_redacted_lines_recent{log_service="haproxy",kind="email"}')).to.equal(1);
    expect(keeper.metric('log_parse_failures_recent{log_service="haproxy"}')).to.equal(1);
    expect(keeper.metric("log_failed_documents_recent")).to.equal(await count(admin(), failed.name));
    expect(
      Date.now() / 1000 - (keeper.metric('log_last_line_timestamp_seconds{log_service="haproxy"}') ?? 0),
    ).to.be.within(0, 60);
  });

  it("keeps the ceiling while more comes than there is room for, and deletes the oldest first", async () => {
    const shipper = login(logUsers.shipper.name);
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
      expect(new Set(statuses(await bulk(shipper, logs.name, "create", documents)))).to.deep.equal(new Set([201]));
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
    }>(login(logUsers.reader.name), "POST", `/${logs.name}/_search`, {
      size: 0,
      track_total_hits: true,
      query: { exists: { field: "duration" } },
      aggs: { first: { min: { field: "duration" } }, last: { max: { field: "duration" } } },
    });
    // What is left is the newest, without a gap; the lines of the tests before are gone.
    expect(aggregations.last.value).to.equal(sent - 1);
    expect(hits.total.value).to.equal(sent - aggregations.first.value);
    expect(aggregations.first.value).to.be.within(20_000, 58_000);
    expect(keeper.metric('log_retention_deleted_indices_total{reason="size"}')).to.be.greaterThan(3);
    expect(keeper.problems).to.deep.equal([]);
    const figures = `${sent} lines in ${Math.round(seconds)} s, at most ${toMiB(largest)} on the disk, ceiling ${toMiB(ceiling)}`;
    process.stdout.write(`      ${figures}; ${hits.total.value} are left\n`);
  });

  it("works with other passwords, also the admin's, on the data that is there", async () => {
    await refresh();
    const before = await count(login(logUsers.reader.name), logs.name);
    servers.stop();
    await servers.start({ admin: "second", data: volume });
    const keeper = start({ epoch: "second" });
    await keeper.untilReady();
    expect(keeper.done().filter((what) => what.startsWith("password"))).to.have.members(
      logAccounts.filter((user) => user !== logAdmin).map((user) => `password of ${user} set`),
    );
    for (const user of logAccounts) {
      expect((await servers.ask(login(user, "second"), "GET", "/_security/_authenticate")).status, user).to.equal(200);
      expect((await servers.ask(login(user, "first"), "GET", "/_security/_authenticate")).status, user).to.equal(401);
    }
    expect(await count(login(logUsers.reader.name, "second"), logs.name)).to.equal(before);
  });

  it("says that its password is wrong, and that it does not trust the server", async () => {
    const wrong = start({ epoch: "first" });
    await wrong.until("it was refused", () => wrong.said("error").length > 0);
    expect(wrong.problems).to.deep.equal([`Elasticsearch refuses the password of ${logAdmin} (401)`]);
    expect(wrong.said("error")).to.deep.equal(wrong.problems);

    const stranger = start({ epoch: "second", authority: strangers.certificate });
    await stranger.until("it did not trust", () => stranger.said("error").length > 0);
    expect(stranger.problems.join()).to.match(
      /^The certificate of https:\S+ is not signed by the authority in \/tls\/ca\.crt \([A-Z_]+\): no password is sent to it$/,
    );
  });

  it("as an image: without rights, in 64 MiB, healthy by its own words, and ends when it is told to", async () => {
    const image = `medassist/logs-test:${process.pid}`;
    const { context } = planImage("logKeeper", "offline") as { context: string };
    await buildImage(context, image, node, "runtime");
    const container = `${prefix}-keeper`;
    try {
      const secrets = Object.fromEntries(logAccounts.map((user) => [user, passwordOf(user, "second")]));
      const passwords = servers.filled("10003:10003", secrets, node);
      const files = servers.filled(
        "10003:10003",
        { "desired.json": desiredText, "ca.crt": authority.certificate },
        node,
      );
      const env = {
        STACK: "test",
        ELASTICSEARCH_URL: `https://elasticsearch:${ports.elasticsearch}`,
        FILEBEAT_URL: `http://filebeat:${ports.filebeat}`,
        CA_FILE: "/files/ca.crt",
        DESIRED_FILE: "/files/desired.json",
        PASSWORDS_FOLDER: "/passwords",
      };
      docker([
        ...["run", "-d", "--name", container, "--network", servers.network, ...hardening],
        ...["--memory", "64m", "--memory-swap", "64m", "-v", `${passwords}:/passwords:ro`, "-v", `${files}:/files:ro`],
        ...Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]),
        image,
      ]);
      const ask = (path: string): string =>
        tryDocker(["exec", container, "wget", "-qO-", `http://127.0.0.1:${ports.logKeeper}${path}`]).stdout;
      await until("it is ready", () => ask("/ready") === "ready", 60).catch((error) => {
        throw new Error(`${error}\n${tryDocker(["logs", container]).output}`);
      });
      await sleep(20_000);
      // What is its own; the rest of its resident memory is Node's program, which the kernel may drop.
      const status = docker(["exec", container, "cat", "/proc/1/status"]);
      const own = Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
      expect(own).to.be.within(1, MiB(32).bytes);
      expect(docker(["exec", container, "id", "-u"])).to.equal("10003");
      docker(["stop", "-t", "10", container]);
      expect(docker(["inspect", "-f", "{{.State.ExitCode}} {{.State.OOMKilled}}", container])).to.equal("0 false");
      for (const text of tryDocker(["logs", container]).output.split("\n"))
        expect(JSON.parse(text)).to.include.keys("message");
      process.stdout.write(`      ${toMiB(own)} of memory\n`);
    } finally {
      tryDocker(["rm", "-f", "-v", container]);
      tryDocker(["image", "rm", image]);
    }
  });

  it("says that the server's certificate has expired", async () => {
    await servers.start({ admin: "second", data: volume, days: -1 });
    const keeper = start({ epoch: "second" });
    await keeper.until("it did not trust", () => keeper.said("error").length > 0);
    expect(keeper.problems.join()).to.match(/has expired \(CERT_HAS_EXPIRED\): no password is sent to it$/);
  });

  it("on a disk that others filled: deletes the oldest until lines are taken again, and keeps the newest", async () => {
    await servers.start({ admin: "first", data: { memory: 600 } });
    const shipper = login(logUsers.shipper.name);
    const retention = { ...desired.retention, check: 500 };
    const keeper = start({ desired: { ...desired, retention } });
    await keeper.untilReady();
    let sent = 0;
    const send = async (): Promise<number[]> => {
      const documents = Array.from({ length: 64 }, (_, index) =>
        line({ _id: `full-${sent}-${index}`, duration: sent, message: randomBytes(12_000).toString("base64") }),
      );
      return statuses(await bulk(shipper, logs.name, "create", documents));
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
      login(logUsers.reader.name),
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

  async function count(user: Login, stream: string): Promise<number> {
    return (await servers.told<{ count: number }>(user, "GET", `/${stream}/_count`)).count;
  }

  async function writeIndex(stream: string): Promise<string> {
    const { data_streams: found } = await servers.told<{ data_streams: { indices: { index_name: string }[] }[] }>(
      admin(),
      "GET",
      `/_data_stream/${stream}`,
    );
    return found[0]?.indices.at(-1)?.index_name ?? expect.fail(`no data stream ${stream}`);
  }

  async function refusedAll(
    user: Login,
    questions: readonly (readonly ["GET" | "PUT" | "POST" | "DELETE", string, object?])[],
  ): Promise<void> {
    for (const [method, path, body] of questions) {
      const { status, body: text } = await servers.ask(user, method, path, body);
      expect(status, `${user.user}: ${method} ${path}: ${text.slice(0, 300)}`).to.equal(403);
    }
  }
});

const passwordOf = (user: string, epoch: Epoch): string =>
  user === logAdmin ? adminPasswords[epoch].password : `${user}-${epoch}1`;
const toMiB = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

type Given = Partial<Settings> & {
  readonly epoch?: Epoch;
  readonly writeTest?: (fields: Readonly<Record<string, string>>) => void;
};

/** A keeper in this process, and what it says. */
class Running {
  readonly started = Date.now();
  private readonly keeper: Keeper;
  private readonly lines: { level: string; message: string; done?: string }[] = [];
  private readonly connection: ReturnType<typeof createSend>;
  private readonly timer: NodeJS.Timeout;

  constructor(url: string, given: Given & { readonly authority: string }) {
    const { epoch = "first", writeTest = () => undefined, ...settings } = given;
    this.connection = createSend(given.authority);
    this.keeper = new Keeper({
      settings: {
        port: 0,
        stack: "test",
        revision: "test",
        logLevel: "info",
        elasticsearchUrl: url,
        filebeatUrl: "http://127.0.0.1:1",
        caFile: "/tls/ca.crt",
        desired,
        passwords: Object.fromEntries(logAccounts.map((user) => [user, passwordOf(user, epoch)])),
        reconcile: 60_000,
        canary: 15_000,
        ...settings,
      },
      log: createLogger({
        stack: "test",
        level: "info",
        now: Date.now,
        write: (text) => void this.lines.push(JSON.parse(text)),
      }),
      send: this.connection.send,
      now: Date.now,
      pause: (milliseconds) => sleep(milliseconds),
      writeTest,
    });
    this.timer = setInterval(() => void this.keeper.tick(), 100);
  }

  get problems(): readonly string[] {
    return this.keeper.problems;
  }

  said(...levels: readonly string[]): string[] {
    return this.lines.filter(({ level }) => levels.includes(level)).map(({ message }) => message);
  }

  /** What it made or repaired. */
  done(): string[] {
    return this.lines.flatMap((line) => line.done?.split("; ") ?? []);
  }

  metric(name: string): number | undefined {
    const found = this.keeper
      .metrics()
      .split("\n")
      .find((text) => text.startsWith(`${name} `));
    return found === undefined ? undefined : Number(found.slice(name.length + 1));
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    await until(what, condition, 60).catch((error) => {
      throw new Error(`${error}\n${this.problems.join("\n")}\n${JSON.stringify(this.lines, undefined, 1)}`);
    });
  }

  untilReady(): Promise<void> {
    return this.until("the keeper is ready", () => this.problems.length === 0);
  }

  untilDone(what: string): Promise<void> {
    return this.until(what, () => this.done().includes(what));
  }

  /** Stops it; what it asked last is waited for. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await sleep(200);
    this.connection.close();
  }
}
