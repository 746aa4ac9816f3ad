/** `npm run logs` and `npm run logs:search`: what they are told, what they ask, and what they show. */
import { Writable } from "node:stream";
import { expect } from "chai";
import { seconds } from "../../configs/units";
import { accessIn, logsOutput } from "../../scripts/logs/access";
import { formatJson, formatLine } from "../../scripts/logs/line";
import { parseLogs, parseSearch } from "../../scripts/logs/options";
import { readingOf } from "../../scripts/logs/query";
import { refused, StoreAway, unreachable } from "../../scripts/logs/store";
import { screenOn } from "../../scripts/logs/terminal";
import { SetupError } from "../../scripts/setup/errors";

describe("npm run logs: what it is told", () => {
  it("the last ten minutes of everybody, if nothing", () => {
    const { wish, follow, json, stack } = parseLogs([]);
    expect(wish).to.deep.equal({
      services: [],
      since: seconds(600),
      status: undefined,
      request: undefined,
      level: undefined,
      text: undefined,
    });
    expect({ follow, json, stack: stack.stack }).to.deep.equal({ follow: false, json: false, stack: "dev" });
  });

  it("services, several ways; a time; statuses; a request; a level", () => {
    const told = "--service api2,haproxy --service mysql --since 2h --status 5XX --request r-1 --level WARN";
    const { wish, follow, json, stack } = parseLogs([...told.split(" "), "--follow", "--json", "--stack", "zebra"]);
    expect(wish).to.deep.include({
      services: ["api2", "haproxy", "mysql"],
      since: seconds(7200),
      status: { from: 500, to: 599 },
      request: "r-1",
      level: "warn",
    });
    expect({ follow, json, stack: stack.stack }).to.deep.equal({ follow: true, json: true, stack: "zebra" });
    expect(parseLogs(["--status", "404"]).wish.status).to.deep.equal({ from: 404, to: 404 });
  });

  const wrong: readonly (readonly [string[], string])[] = [
    [["--since", "ten minutes"], '--since is "ten minutes": allowed is a number with s, m, h or d'],
    [["--since", "0m"], '--since is "0m"'],
    [["--since", "-5m"], "--since"],
    [["--since", "999999999d"], '--since is "999999999d"'],
    [["--status", "9xx"], '--status is "9xx": allowed is one status, such as 503, or a class'],
    [["--status", "50"], '--status is "50"'],
    [["--level", "loud"], '--level is "loud": allowed is one of debug, info, warn, error, fatal'],
    [["--request", " "], "--request is empty"],
    [["--srevice", "api"], "Allowed are:\n    --service api2"],
    [["timeout"], "npm run logs:search -- timeout"],
  ];
  for (const [args, words] of wrong) {
    it(`${args.join(" ")} is refused in words`, () => {
      expect(() => parseLogs(args)).to.throw(SetupError, words);
    });
  }

  it("search takes words with or without quotes, and needs some", () => {
    expect(parseSearch(["connection", "refused", "--since", "7d", "--json"])).to.deep.include({
      json: true,
      follow: false,
    });
    expect(parseSearch(["connection", "refused"]).wish).to.deep.include({
      text: "connection refused",
      since: seconds(86_400),
    });
    for (const args of [[], ["  "]]) expect(() => parseSearch(args)).to.throw(SetupError, "nothing to search for");
    expect(() => parseSearch(["x", "--follow"])).to.throw(SetupError, "Allowed are:\n    --since");
  });
});

describe("npm run logs: whom it asks", () => {
  const logs = { url: "https://127.0.0.1:9200", user: "log_reader", password: "p", ca: "PEM" };

  it("takes the output as an object or as its JSON", () => {
    expect(logsOutput(logs)).to.deep.equal(logs);
    expect(logsOutput(JSON.stringify(logs))).to.deep.equal(logs);
    for (const output of ["", "nonsense", { ...logs, ca: undefined }, null])
      expect(() => logsOutput(output)).to.throw(SetupError, "does not say where");
  });

  it("says what to do when there is no stack, or no logging", () => {
    expect(accessIn({ logs }, "dev")).to.deep.equal(logs);
    expect(() => accessIn({}, "dev")).to.throw(SetupError, "the stack dev is not up\n  to mend it: npm run up");
    for (const outputs of [{ appUrl: "x" }, { appUrl: "x", logs: "" }])
      expect(() => accessIn(outputs, "dev")).to.throw(SetupError, "keeps no logs");
  });

  it("says what is wrong with the store, and what to do until it is mended", () => {
    const away = unreachable(
      Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }),
      logs.url,
      "dev",
    );
    expect(away).to.be.instanceOf(StoreAway);
    expect(away.message).to.include("does not answer at https://127.0.0.1:9200").and.include("docker logs dev-api2");
    const other = unreachable(
      Object.assign(new Error("self-signed"), { code: "SELF_SIGNED_CERT_IN_CHAIN" }),
      logs.url,
      "dev",
    );
    expect(other).not.to.be.instanceOf(StoreAway);
    expect(other.message).to.include("not the stack's own Elasticsearch");
    expect(refused(401, "{}", "dev").message)
      .to.include("refuses the reader's password")
      .and.include("dev-log-keeper");
    const body = '{"error":{"root_cause":[{"reason":"no such index [filebeat-logs]"}]}}';
    expect(refused(404, body, "dev").message).to.include("no such index [filebeat-logs]");
    for (const status of [429, 500, 503])
      expect(refused(status, "busy", "dev"), `${status}`).to.be.instanceOf(StoreAway);
    expect(refused(400, "odd", "dev")).not.to.be.instanceOf(StoreAway);
  });
});

describe("npm run logs: what it asks", () => {
  const now = new Date("2026-01-01T12:00:00Z");

  it("lines of the stream of lines, by the time at which Docker took them", () => {
    const told = ["--service", "api2", "--since", "10m", "--status", "5xx", "--request", "r", "--level", "error"];
    expect(readingOf(parseLogs(told).wish, now)).to.deep.equal({
      streams: "filebeat-logs",
      time: "collected",
      filter: [
        { range: { collected: { gte: "2026-01-01T11:50:00.000Z" } } },
        { terms: { service: ["api2"] } },
        { range: { status: { gte: 500, lte: 599 } } },
        { term: { request_id: "r" } },
        { terms: { level: ["error", "fatal"] } },
      ],
    });
  });

  it("a text wherever it can be, in refused lines too; nothing in it is a language of its own", () => {
    const { streams, time, filter } = readingOf(parseSearch(["50*\\?"]).wish, now);
    expect({ streams, time }).to.deep.equal({ streams: "filebeat-logs,failed-logs", time: "@timestamp" });
    const { should } = (filter[1] as { bool: { should: Record<string, Record<string, unknown>>[] } }).bool;
    expect(should[0]?.multi_match).to.deep.include({ query: "50*\\?", type: "phrase_prefix" });
    expect(should.find((query) => query.wildcard)?.wildcard).to.deep.equal({
      "message.keyword": { value: "*50\\*\\\\\\?*", case_insensitive: true },
    });
    expect(JSON.stringify(should)).not.to.include("remote_addr");
  });

  it("an address and a status as such", () => {
    expect(JSON.stringify(readingOf(parseSearch(["::1"]).wish, now))).to.include('{"term":{"remote_addr":"::1"}}');
    expect(JSON.stringify(readingOf(parseSearch(["503"]).wish, now))).to.include('{"term":{"status":503}}');
  });
});

describe("npm run logs: what it shows", () => {
  const plain = { colour: false, zone: () => 0 };
  const line = { "@timestamp": "2026-01-01T12:00:00.123Z", service: "api2", level: "info", message: "started" };
  const answer = {
    ...line,
    method: "POST",
    endpoint: "/api/payment",
    status: 503,
    duration: 0.4117,
    message: "POST /api/payment 503",
  };

  it("time, service, level and what was said", () => {
    expect(formatLine(line, plain)).to.equal("2026-01-01 12:00:00.123 api2         INFO  started");
    expect(formatLine(line, { ...plain, zone: () => -90 })).to.match(/^2026-01-01 13:30:00\.123 /);
  });

  it("a request by its fields, which its message only repeats", () => {
    expect(formatLine(answer, plain)).to.equal(
      "2026-01-01 12:00:00.123 api2         INFO  POST /api/payment 503 412 ms",
    );
    const through = { ...answer, service: "haproxy", server: "api2", termination: "SH", retries: 2, request_id: "r-1" };
    expect(formatLine(through, plain)).to.match(/ 503 412 ms → api2 SH 2 retries {2}\[r-1\]$/);
    expect(formatLine({ ...answer, duration: 2.5, termination: "--", message: "slow" }, plain)).to.match(
      / 2\.50 s {2}slow$/,
    );
  });

  it("a trace below its line, indented; other keys; what was done to the line", () => {
    const document = { ...line, details: "code=7", error: { type: "E", stack: "Traceback\n  File\nE: x" } };
    expect(formatLine(document, plain).split("\n")).to.deep.equal([
      "2026-01-01 12:00:00.123 api2         INFO  started  code=7",
      "    Traceback",
      "      File",
      "    E: x",
    ]);
    const handled = { ...line, redacted: ["email", "nir"], truncated: true, parse_error: "too_long", clock_skew: 3600 };
    expect(formatLine(handled, plain)).to.include(
      "(could not be read: too_long; its end was cut off; taken out: email, nir; its clock was off by 3600 s)",
    );
  });

  it("a refused line, a line without anything, and one with odd values", () => {
    const failed = { "@timestamp": line["@timestamp"], message: '{"a":1}', error: { message: "failed to parse" } };
    expect(formatLine(failed, plain)).to.include("(not stored)").and.include('{"a":1}  (failed to parse)');
    expect(formatLine({}, plain)).to.be.a("string");
    expect(formatLine({ "@timestamp": "soon", message: { a: 1 }, duration: "x", method: 1 }, plain)).to.include(
      '{"a":1}',
    );
  });

  it("colours only when asked", () => {
    const coloured = formatLine(answer, { ...plain, colour: true });
    expect(coloured).to.include("\u001b[31m503\u001b[0m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the terminal's own
    expect(coloured.replace(/\u001b\[\d+m/g, "")).to.equal(formatLine(answer, plain));
  });

  it("nothing that a terminal would obey", () => {
    const evil = "a\u001b[2Jb\rc\u009bd\u202ee\u0007";
    const shown = formatLine({ ...line, message: evil, endpoint: evil, method: evil }, plain);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(shown).to.not.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(shown).to.include("a\\u001b[2Jb\\u000dc\\u009bd\\u202ee\\u0007");
    expect(formatLine({ ...line, message: "one\ntwo" }, plain)).to.match(/one\n {4}two$/);
    const json = formatJson({ message: evil });
    expect(JSON.parse(json)).to.deep.equal({ message: evil });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(json).to.not.match(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });
});

describe("npm run logs: where it writes", () => {
  const open = new AbortController().signal;
  const sink = (isTTY: boolean) =>
    Object.assign(new Writable({ write: (_chunk, _encoding, done) => done() }), { isTTY });

  it("colour on a terminal that wants it", () => {
    const colour = (isTTY: boolean, env: NodeJS.ProcessEnv) => screenOn(sink(isTTY), open, () => {}, env).look.colour;
    expect(colour(true, {})).to.equal(true);
    expect(colour(true, { NO_COLOR: "1" })).to.equal(false);
    expect(colour(true, { NO_COLOR: "" })).to.equal(true);
    expect(colour(false, {})).to.equal(false);
  });

  it("a reader that goes away ends it, without an error; one that is slow is waited for", async () => {
    let take: (() => void) | undefined;
    const slow = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => {
        take = () => done();
      },
    });
    const enough = new AbortController();
    const screen = screenOn(slow, enough.signal, () => enough.abort());
    let written = false;
    const writing = screen.write("some lines\n").then(() => {
      written = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).to.equal(false);
    take?.();
    await writing;
    const next = screen.write("more\n");
    slow.destroy(Object.assign(new Error("broken pipe"), { code: "EPIPE" }));
    await next;
    await new Promise((resolve) => setImmediate(resolve));
    expect(enough.signal.aborted).to.equal(true);
    await screen.write("nobody waits for this");
  });
});
