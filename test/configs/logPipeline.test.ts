/** What becomes of a line: fields, times, levels. That nothing personal passes is in logRedaction.test.ts. */
import { expect } from "chai";
import fc from "fast-check";
import { extraField, logFields, logLevels } from "../../configs/logs/fields";
import { containerId, type EngineLine, engineTime, FakeEvent, loadPipeline } from "../support/fakeEvent";

const pipeline = loadPipeline();
pipeline.register({ stack: "prod", json: ["api", "haproxy", "frontend"], sql: ["mysql"] });

const eventOf = (line: EngineLine): FakeEvent => {
  const event = new FakeEvent(line);
  pipeline.process(event);
  return event;
};
/** The document of a line, without what comes from the engine. */
const read = (text: string, service = "api", more: Partial<EngineLine> = {}): Record<string, unknown> => {
  const event = eventOf({ text, service, ...more });
  expect(event.cancelled, text).to.equal(false);
  const { stack, service: _, container, role, network, stream, collected, ...own } = event.document;
  return own;
};
const json = (value: unknown, service?: string) => read(JSON.stringify(value), service);
const dockerTime = "2026-11-25T07:31:00.123Z";

describe("a line's container", () => {
  it("is told by the labels that the engine wrote beside the line", () => {
    const { document, meta } = eventOf({ text: "x", service: "redis", networks: "medassist", stream: "stderr" });
    expect(document).to.include({ stack: "prod", service: "redis", role: "service", stream: "stderr" });
    expect(document.container).to.equal(containerId.slice(0, 12));
    expect(document.network).to.deep.equal(["medassist"]);
    expect(document.collected).to.equal(engineTime);
    expect(meta._id).to.equal("0123456789ab-20261125073100123456789-4096");
  });

  it("is of this stack, or the line is dropped", () => {
    expect(eventOf({ text: "x", stack: "other" }).cancelled).to.equal(true);
    expect(eventOf({ text: "x", attrs: false }).cancelled).to.equal(true);
  });

  it("leaves nothing else of Filebeat's in the document", () => {
    const allowed = new Set<string>([...logFields.map(({ name }) => name.split(".")[0] ?? ""), extraField]);
    const texts = ['{"level":"info","message":"m","a":1}', "plain", "Traceback (most recent call last):\n  x\nE: y"];
    for (const text of texts)
      expect(Object.keys(eventOf({ text }).document).filter((key) => !allowed.has(key))).to.deep.equal([]);
  });

  it("gives two lines the same id only if they stand at the same place of the same time", () => {
    const id = (line: Partial<EngineLine>) => eventOf({ text: "x", ...line }).meta._id;
    expect(id({ offset: 1 })).to.equal(id({ offset: 1 }));
    expect(id({ offset: 1 })).not.to.equal(id({ offset: 2 }));
    expect(id({ time: "2026-11-25T07:31:00.000000001Z" })).not.to.equal(id({ time: "2026-11-25T07:31:00.000000002Z" }));
  });
});

describe("a line in JSON", () => {
  it("becomes the fields of the contract, with their types", () => {
    const line = {
      timestamp: "2026-11-25T07:30:59.900Z",
      level: "info",
      stack: "prod",
      instance: "api2",
      logger: "medassist.request",
      message: "request",
      request_id: "6f1c2f0e-8d53-4b7a-9a52-3b1d2c4e5f60",
      method: "POST",
      endpoint: "/api/payment",
      status: 201,
      duration: 0.034123,
      remote_addr: "172.18.0.1",
    };
    const { timestamp, stack: _, ...rest } = line;
    expect(json(line)).to.deep.equal({ "@timestamp": timestamp, ...rest });
  });

  it("of HAProxy says how long it took in seconds, and what it was about", () => {
    const line = {
      timestamp: "2026-11-25T07:31:00.090Z",
      level: "info",
      service: "haproxy",
      request_id: "abc",
      method: "GET",
      endpoint: "/api/payment/:id",
      status: 200,
      duration_ms: 36,
      server: "api2",
      retries: 0,
      termination: "--",
      remote_addr: null,
    };
    const document = json(line, "haproxy");
    expect(document).to.include({
      duration: 0.036,
      message: "GET /api/payment/:id 200",
      termination: "--",
      retries: 0,
    });
    expect(document).not.to.have.any.keys("duration_ms", "remote_addr", extraField);
  });

  it("of Nginx tells its time in seconds since 1970", () => {
    const line =
      '{"timestamp":1795591860.100,"level":"info","service":"frontend","method":"GET","endpoint":"/","status":200,"duration":0.037}';
    expect(read(line, "frontend")).to.deep.equal({
      "@timestamp": "2026-11-25T07:31:00.100Z",
      level: "info",
      method: "GET",
      endpoint: "/",
      status: 200,
      duration: 0.037,
      message: "GET / 200",
    });
  });

  it("is an error where the answer was one, whatever the level says", () => {
    const level = (status: number) => json({ level: "info", method: "GET", endpoint: "/", status }, "haproxy").level;
    expect([200, 404, 499, 500, 503, -1].map(level)).to.deep.equal(["info", "info", "info", "error", "error", "info"]);
  });

  it("keeps other keys, as they are and as words that are found", () => {
    const document = json({
      level: "info",
      message: "sent",
      code: 7,
      peer: { host: "redis", tries: [1, 2] },
      ok: true,
    });
    expect(document[extraField]).to.deep.equal({ code: 7, peer: { host: "redis", tries: [1, 2] }, ok: true });
    expect(document.details).to.equal("code=7 peer.host=redis peer.tries.0=1 peer.tries.1=2 ok=true");
  });

  it("tells an exception by its kind and its stack", () => {
    const error = { type: "pymysql.err.OperationalError", causes: ["TimeoutError"], stack: ["a.py:1 f", "b.py:2 g"] };
    expect(json({ level: "error", message: "no", error })).to.deep.include({
      error: { type: "pymysql.err.OperationalError", stack: "a.py:1 f\nb.py:2 g" },
      [extraField]: { "error.causes": ["TimeoutError"] },
    });
  });

  it("may be written in the words of the Elastic programs", () => {
    const line =
      '{"log.level":"warn","@timestamp":"2026-11-25T07:31:00.100+0000","log.logger":"esclient","message":"slow","error.type":"E","error.message":"why","error.stack_trace":"at x","ecs.version":"1.6.0"}';
    expect(read(line, "filebeat")).to.deep.equal({
      "@timestamp": "2026-11-25T07:31:00.100Z",
      level: "warn",
      logger: "esclient",
      message: "slow: why",
      error: { type: "E", stack: "at x" },
      [extraField]: { "ecs.version": "1.6.0" },
      details: "ecs.version=1.6.0",
    });
    expect(read('{"log":{"level":"error","logger":"x"},"message":"m"}')).to.include({ level: "error", logger: "x" });
  });

  it("keeps a value of the wrong type, so that the store refuses it and the failure stream has it", () => {
    const wrong = { method: "GET", status: "abc", duration: { a: 1 } };
    expect(json(wrong)).to.deep.include({ status: "abc", duration: { a: 1 } });
  });

  it("keeps a request's words apart where the line is about something else", () => {
    const alert = json({ message: "alert", status: "firing", duration: "15.6µs" });
    expect(alert).not.to.have.any.keys("status", "duration");
    expect(alert[extraField]).to.deep.equal({ status: "firing", duration: "15.6µs" });
  });

  it("that looks like JSON and is none is kept as text, and says so where JSON was promised", () => {
    for (const text of ['{"broken', "{}}", '{"a":1} tail', "{not json}"])
      expect(read(text), text).to.include({ message: text, parse_error: "json" });
    expect(read("a sentence")).not.to.have.property("parse_error");
    expect(read('{"broken', "redis")).not.to.have.property("parse_error");
    expect(read("[1,2]", "redis")).to.include({ message: "[1,2]" });
  });

  it("that is none but has a form of its own is no failure: Nginx and HAProxy write both", () => {
    for (const text of [
      "2026/11/25 07:31:00 [error] 12#12: *34 connect() failed",
      "[NOTICE]   (1) : New worker (8) forked",
      "Server api/api2 is DOWN, reason: Layer4 connection problem",
      'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: bad',
    ])
      expect(read(text), text).not.to.have.property("parse_error");
  });
});

describe("a line's own time", () => {
  const ms = (text: string) => Date.parse(text);
  it("counts if it is within five minutes of the engine's, and is refused with a word otherwise", () => {
    fc.assert(
      fc.property(fc.integer({ min: -7_200_000, max: 7_200_000 }), (skew) => {
        const timestamp = new Date(ms(dockerTime) + skew).toISOString();
        const document = json({ timestamp, message: "m" });
        if (Math.abs(skew) <= 300_000) expect(document).to.deep.equal({ "@timestamp": timestamp, message: "m" });
        else expect(document).to.deep.equal({ "@timestamp": dockerTime, clock_skew: skew / 1000, message: "m" });
      }),
    );
  });

  it("is understood in every common spelling", () => {
    const moment = ms("2026-11-25T07:31:00.100Z");
    const spellings: unknown[] = [
      "2026-11-25T07:31:00.100Z",
      "2026-11-25T07:31:00.100200Z",
      "2026-11-25T07:31:00.100200300Z",
      "2026-11-25T08:31:00.1+01:00",
      "2026-11-25T08:31:00.100+0100",
      "2026-11-25T02:31:00.100-05:00",
      "2026-11-25 07:31:00,100",
      "2026-11-25 07:31:00.100 UTC",
      moment,
      moment / 1000,
      moment * 1000,
      moment * 1e6,
    ];
    for (const timestamp of spellings)
      expect(json({ timestamp })["@timestamp"], String(timestamp)).to.equal("2026-11-25T07:31:00.100Z");
  });

  it("that is no time is kept as what it is", () => {
    for (const time of ["soon", 12, "2026-13-45", true, { a: 1 }])
      expect(json({ time, message: "m" })[extraField], String(time)).to.deep.equal({ time });
  });
});

describe("a line that is hard to read", () => {
  it("says that its bytes were no UTF-8", () => {
    expect(read("bad \uFFFD byte", "redis")).to.include({ parse_error: "encoding", message: "bad \uFFFD byte" });
  });

  it("that was too long says so, and its last word, which may be half of something, is gone", () => {
    const document = read("a long line with a card 4111 1111 1111 11", "redis", { flags: ["truncated"] });
    expect(document).to.include({ truncated: true, parse_error: "too_long" });
    expect(document.message).to.equal("a long line with a card 4111 1111 1111 ");
    expect(read('{"message":"cut of', "api", { flags: ["truncated"] })).to.include({ parse_error: "too_long" });
  });

  it("never ends the pipeline, whatever it holds, and gives only levels that there are", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.string().map((s) => `time=${s} level=${s}`),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("api", "mysql", "redis"), (line, service) => {
        const event = eventOf({ text: line, service });
        if (event.cancelled) return;
        expect(event.document.message)
          .to.be.a("string")
          .and.not.match(/withheld/);
        if ("level" in event.document) expect(logLevels).to.include(event.document.level);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps every word of an object: in a field, among the other keys, or both", () => {
    const key = fc.stringMatching(/^[a-z]{3,8}$/);
    const word = fc.stringMatching(/^[a-z]{4,12}$/);
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(word, fc.dictionary(key, word))), (object) => {
        const all = JSON.stringify(read(JSON.stringify({ message: "m", ...object })));
        const words = Object.entries(object).flatMap(([name, value]) =>
          typeof value === "string" ? [[name, value]] : Object.entries(value),
        );
        for (const [name, value] of words)
          if (!/name|nom/.test(name ?? "") && !["level", "time", "log"].includes(name ?? ""))
            expect(all, `${name}=${value}`).to.include(value);
      }),
    );
  });
});
