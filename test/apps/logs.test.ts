/** The log keeper (apps/logs) against the real Elasticsearch: what it makes, repairs and deletes, and what its users may do. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Authority } from "../../apps/logs/test/certificates";
import { planImage } from "../../components/platform/docker/imagePlan";
import { logAccounts, logAdmin, logStreams, logUsers } from "../../configs/logs/streams";
import { ports } from "../../configs/ports";
import { MiB } from "../../configs/units";
import { buildImage } from "../../scripts/setup/images";
import { docker, hardening, preparationLimit, readyImages, tryDocker, until } from "../images/support";
import { type Login, LogServers, line } from "./logServer";
import { admin, desiredText, type Given, login, passwordOf, Running, toMiB } from "./runningKeeper";

const { logs, failed } = logStreams;

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

  const start = (given: Given = {}): Running => {
    const keeper = new Running(servers.url, { authority: authority.certificate, ...given });
    running.push(keeper);
    return keeper;
  };
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
    expect(await servers.bulk(shipper, logs.name, "create", lines)).to.deep.equal([201, 201]);
    expect(await servers.bulk(shipper, logs.name, "create", lines)).to.deep.equal([409, 409]);
    expect(await servers.bulk(shipper, failed.name, "create", [line()])).to.deep.equal([201]);
    // A field of the wrong type: it is this that goes to the failures.
    expect(await servers.bulk(shipper, logs.name, "create", [line({ _id: "x", status: "ok" })])).to.deep.equal([400]);

    // A stream takes new documents only, and its index nothing from the shipper.
    expect(await servers.bulk(shipper, logs.name, "index", lines)).to.deep.equal([400, 400]);
    const index = await writeIndex(logs.name);
    const overwrite = `{"index":{"_id":"one","if_seq_no":0,"if_primary_term":1}}\n${JSON.stringify(line())}\n`;
    for (const text of [overwrite, `{"update":{"_id":"one"}}\n{"doc":{}}\n`, `{"delete":{"_id":"one"}}\n`])
      expect(await servers.bulkText(shipper, index, text)).to.deep.equal([403]);
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
    expect(await servers.count(reader, logs.name)).to.equal(2);
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
    expect(await servers.count(admin(), logs.name)).to.equal(2);
  });

  it("measures its test line, and counts the lines by what they say", async () => {
    const shipper = login(logUsers.shipper.name);
    const keeper = start({
      canary: 3000,
      // As if Filebeat took a second.
      writeTest: (fields) => {
        setTimeout(
          () => void servers.bulk(shipper, logs.name, "create", [line({ ...fields, _id: fields.canary })]),
          1000,
        );
      },
    });
    const more = [
      line({ _id: "a", level: "error", redacted: ["email"] }),
      line({ _id: "b", level: "error", parse_error: "json" }),
    ];
    await servers.bulk(shipper, logs.name, "create", more);
    await servers.bulk(shipper, failed.name, "create", [line({ _id: "c" })]);
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
    expect(keeper.metric("log_failed_documents_recent")).to.equal(await servers.count(admin(), failed.name));
    expect(
      Date.now() / 1000 - (keeper.metric('log_last_line_timestamp_seconds{log_service="haproxy"}') ?? 0),
    ).to.be.within(0, 60);
  });

  it("works with other passwords, also the admin's, on the data that is there", async () => {
    await refresh();
    const before = await servers.count(login(logUsers.reader.name), logs.name);
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
    expect(await servers.count(login(logUsers.reader.name, "second"), logs.name)).to.equal(before);
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
