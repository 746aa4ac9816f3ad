/** Logs on a real engine: every line is found, once, soon, with its fields, and without what is a patient's. */
import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { type PanelAnswer, panelQueries } from "../../configs/kibana/queries";
import { ports } from "../../configs/ports";
import { run } from "../../scripts/setup/run";
import { inside } from "./support/engine";
import { ask, pay, until } from "./support/http";
import { type LogDocument, LogStore } from "./support/logStore";
import { TestStack } from "./support/testStack";

describe("the logs of a stack", () => {
  let stack: TestStack;
  let store: LogStore;

  before("up", async function () {
    this.timeout(900_000);
    stack = await TestStack.create("logs", { logging: true });
    await stack.up();
    store = await LogStore.of(stack);
  });
  after(() => stack.destroy());

  /** Has a service write a line, as its own program would. */
  const say = (service: string, line: string): Promise<string> =>
    inside(stack, service, "sh", "-c", 'printf "%b\\n" "$1" > /proc/1/fd/1', "sh", line);
  /** Waits for the lines that a query finds. */
  const found = async (query: string, count: number, streams?: string, seconds = 30): Promise<LogDocument[]> => {
    let last: LogDocument[] = [];
    await until(
      `${count} of ${query}`,
      async () => {
        last = await store.find(query, streams);
        return last.length >= count;
      },
      seconds,
    ).catch((error) => {
      throw new Error(`${error} (${last.length} found)`);
    });
    return last;
  };
  /** Requests with ids of their own, by HAProxy. @returns the ids */
  const requests = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      const id = randomUUID().replaceAll("-", "");
      const answer = await ask(stack.entryUrl, `/api/payment/${"0".repeat(32)}`, { headers: { "x-request-id": id } });
      ids.push(String(answer.headers["x-request-id"] ?? id));
    }
    return ids;
  };
  const metrics = async (): Promise<string> =>
    (
      await run("docker", [
        "exec",
        stack.container("log-keeper"),
        "wget",
        "-qO-",
        `http://127.0.0.1:${ports.logKeeper}/metrics`,
      ])
    ).stdout;

  it("follow one request through Nginx, HAProxy and a replica, with the right types", async () => {
    const paid = await pay(stack.appUrl, "logs-follow");
    expect(paid.status, paid.body).to.equal(201);
    const id = String(paid.headers["x-request-id"]);
    const lines = await found(`request_id:${id}`, 3);
    expect(lines.map((line) => String(line.service).replace(/\d+$/, "")).sort()).to.deep.equal([
      "api",
      "frontend",
      "haproxy",
    ]);
    for (const line of lines) {
      expect(line, String(line.service)).to.deep.include({
        stack: stack.name,
        role: "service",
        method: "POST",
        endpoint: "/api/payment",
        status: 201,
        level: "info",
      });
      expect(line.duration, String(line.service)).to.be.a("number").and.to.be.within(0, 10);
      expect(line.remote_addr, String(line.service)).to.match(/^\d+\.\d+\.\d+\.\d+$/);
      expect(line.container).to.match(/^[0-9a-f]{12}$/);
      expect(line.network).to.include("medassist");
    }
    const typed = {
      bool: {
        filter: [
          { term: { request_id: id } },
          { range: { duration: { gte: 0 } } },
          { term: { remote_addr: "0.0.0.0/0" } },
          { range: { status: { gte: 200, lt: 300 } } },
        ],
      },
    };
    expect((await store.search({ query: typed })).hits.hits).to.have.length(3);
  });

  it("are there of every service that says something when it starts", async () => {
    for (const service of ["mysql", "redis", "elasticsearch", "log-keeper", "filebeat", "api", "api2", "api3"])
      await found(`service:"${service}"`, 1);
  });

  it("name no patient: what looks like personal data is taken out before the line leaves the host", async () => {
    const word = randomUUID();
    await say(
      "api2",
      JSON.stringify({ level: "info", message: `${word} write to someone@clinic.example or 06 12 34 56 78` }),
    );
    const [line] = await found(`"${word}"`, 1);
    expect(line?.message).not.to.match(/someone|clinic|12 34/);
    expect(line?.redacted).to.have.members(["email", "phone"]);
    await until(
      "the keeper counts it",
      async () => /^log_redacted_lines_recent\{[^}]*email[^}]*\} [1-9]/m.test(await metrics()),
      60,
    );
  });

  it("keep what is not as it should be: no JSON, a field of a wrong type, a wrong clock, a line without end", async () => {
    const word = randomUUID();
    await say("api2", `{"broken ${word}`);
    expect((await found(`"${word}"`, 1))[0]?.parse_error).to.equal("json");

    const typed = randomUUID();
    await say("api2", JSON.stringify({ message: typed, method: "GET", status: "not a number" }));
    expect(JSON.stringify(await found(`"${typed}"`, 1, "failed-logs"))).to.contain("not a number");

    const late = randomUUID();
    await say("api2", JSON.stringify({ message: late, timestamp: new Date(Date.now() - 3_600_000).toISOString() }));
    const [skewed] = await found(`"${late}"`, 1);
    expect(skewed?.clock_skew).to.be.within(-3700, -3500);
    expect(Date.now() - Date.parse(String(skewed?.["@timestamp"]))).to.be.below(120_000);

    const long = randomUUID();
    await inside(
      stack,
      "api2",
      "sh",
      "-c",
      `(printf '${long} '; head -c 1048576 /dev/zero | tr '\\0' x; echo) > /proc/1/fd/1`,
    );
    const [cut] = await found(`message:"${long}"`, 1);
    expect(cut?.truncated).to.equal(true);
  });

  it("lose nothing and double nothing while Elasticsearch is away and Filebeat is killed", async function () {
    this.timeout(300_000);
    await run("docker", ["stop", stack.container("elasticsearch")]);
    const during = await requests(100);
    await run("docker", ["kill", "--signal", "KILL", stack.container("filebeat")]);
    const dead = await requests(50);
    await run("docker", ["start", stack.container("filebeat")]);
    const again = await requests(50);
    await run("docker", ["start", stack.container("elasticsearch")]);
    await run("docker", ["kill", "--signal", "KILL", stack.container("filebeat")]);
    await run("docker", ["start", stack.container("filebeat")]);
    const all = new Set([...during, ...dead, ...again, ...(await requests(10))]);
    const counts = async (): Promise<Map<string, number>> => {
      const body = {
        size: 0,
        query: { bool: { filter: [{ term: { service: "haproxy" } }, { terms: { request_id: [...all] } }] } },
        aggs: { ids: { terms: { field: "request_id", size: 10_000 } } },
      };
      const answer = (await store.search(body).catch(() => undefined)) as
        | { aggregations: { ids: { buckets: { key: string; doc_count: number }[] } } }
        | undefined;
      return new Map((answer?.aggregations.ids.buckets ?? []).map((b) => [b.key, b.doc_count]));
    };
    await until("every line is there", async () => (await counts()).size === all.size, 120);
    await new Promise((resolve) => setTimeout(resolve, 5000)); // what is sent twice would come now
    expect([...(await counts()).values()].filter((count) => count !== 1)).to.deep.equal([]);
  });

  it("of a replica that is added are there with no other edit", async () => {
    stack.set({ replicas: 4 });
    await stack.up();
    await found("service:api4", 1);
    stack.set({ replicas: 3 });
    await stack.up();
  });

  it("are read and searched in a terminal", async () => {
    const word = randomUUID();
    await say("api", JSON.stringify({ level: "error", message: `terminal ${word}` }));
    await found(`"${word}"`, 1);
    const shown = await stack.succeed("logs", "--service", "api", "--since", "5m");
    expect(shown.stdout).to.contain(word);
    const searched = await stack.succeed("logs-search", word, "--json");
    expect(JSON.parse(searched.stdout.trim().split("\n")[0] ?? "")).to.deep.include({ service: "api", level: "error" });
    const unknown = await stack.run("logs", "--service", "nobody");
    expect(unknown.code).not.to.equal(0);
    expect(unknown.output).to.contain("haproxy");
  });

  it("answer every panel of the dashboards", async () => {
    const id = randomUUID().replaceAll("-", "");
    const request = { method: "GET", endpoint: "/api/payment/:id", status: 503, duration: 0.25, request_id: id };
    await say("api3", JSON.stringify({ level: "error", message: "request", remote_addr: "192.0.2.7", ...request }));
    await found(`request_id:${id}`, 1);
    const to = new Date(Date.now() + 60_000);
    const empty: string[] = [];
    for (const query of panelQueries({ from: new Date(to.getTime() - 3_600_000), to })) {
      const answer = (await store.search(query.body, query.streams)) as unknown as PanelAnswer;
      if (query.shown(answer) === 0) empty.push(`${query.dashboard}: ${query.panel}`);
    }
    expect(empty).to.deep.equal([]);
  });

  it("can be read with new passwords on the data that is there", async function () {
    this.timeout(600_000);
    const word = randomUUID();
    await say("api", JSON.stringify({ message: word }));
    await found(`"${word}"`, 1);
    stack.set({ secretsEpoch: 2 });
    await stack.up();
    await until("the old password is refused", async () => !(await store.find(`"${word}"`).catch(() => undefined)), 30);
    store = await LogStore.of(stack);
    await found(`"${word}"`, 1);
    const later = randomUUID();
    await say("api", JSON.stringify({ message: later }));
    await found(`"${later}"`, 1);
  });

  it("are collected by a Filebeat that cannot reach the engine", async () => {
    const mounts = (await run("docker", ["inspect", "--format", "{{json .Mounts}}", stack.container("filebeat")]))
      .stdout;
    expect(mounts).not.to.contain("docker.sock");
  });
});
