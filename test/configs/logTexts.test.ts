/** What is read out of the texts that the platform's programs write. */
import { expect } from "chai";
import { FakeEvent, loadPipeline } from "../support/fakeEvent";

const pipeline = loadPipeline();
pipeline.register({ stack: "prod", json: ["api", "haproxy", "frontend"], sql: ["mysql"] });
const eventOf = (text: string, service = "api"): FakeEvent => {
  const event = new FakeEvent({ text, service });
  pipeline.process(event);
  return event;
};
const read = (text: string, service?: string): Record<string, unknown> => eventOf(text, service).document;
const dockerTime = "2026-11-25T07:31:00.123Z";

describe("a line of text", () => {
  const at = "2026-11-25T07:31:00.000Z";
  const cases: Record<string, [string, string, Record<string, unknown>]> = {
    "Prometheus and most programs in Go": [
      "prometheus",
      'time=2026-11-25T07:31:00.100Z level=WARN source=a.go:1 msg="it \\"said\\" so" component=tsdb',
      { "@timestamp": "2026-11-25T07:31:00.100Z", level: "warn", message: 'it "said" so', logger: "tsdb" },
    ],
    Grafana: [
      "grafana",
      "logger=http t=2026-11-25T07:31:00.1Z level=eror msg=x",
      { "@timestamp": "2026-11-25T07:31:00.100Z", logger: "http", message: "x" },
    ],
    Redis: [
      "redis",
      "1:M 25 Nov 2026 07:31:00.100 # WARNING: memory overcommit",
      { "@timestamp": "2026-11-25T07:31:00.100Z", level: "warn", message: "WARNING: memory overcommit" },
    ],
    MySQL: [
      "mysql",
      "2026-11-25T07:31:00.100200Z 0 [System] [MY-010931] [Server] ready",
      { "@timestamp": "2026-11-25T07:31:00.100Z", level: "info", message: "[MY-010931] [Server] ready" },
    ],
    MariaDB: [
      "mysql",
      "2026-11-25  7:31:00 0 [Warning] Aborted connection 3",
      { "@timestamp": at, level: "warn", message: "Aborted connection 3" },
    ],
    "MySQL's entry point": [
      "mysql",
      "2026-11-25 07:31:00+00:00 [Note] [Entrypoint]: Started",
      { "@timestamp": at, level: "info", message: "[Entrypoint]: Started" },
    ],
    Nginx: [
      "frontend",
      "2026/11/25 07:31:00 [emerg] 1#1: no",
      { "@timestamp": at, level: "fatal", message: "1#1: no" },
    ],
    Elasticsearch: [
      "elasticsearch",
      "[2026-11-25T07:31:00,100][INFO ][o.e.n.Node               ] [n] started",
      { "@timestamp": "2026-11-25T07:31:00.100Z", level: "info", logger: "o.e.n.Node", message: "[n] started" },
    ],
    Kibana: [
      "kibana",
      "[2026-11-25T08:31:00.100+01:00][ERROR][plugins.x] no",
      { "@timestamp": "2026-11-25T07:31:00.100Z", level: "error", logger: "plugins.x", message: "no" },
    ],
    HAProxy: ["haproxy", "[ALERT]    (1) : sendmsg()", { "@timestamp": dockerTime, level: "error" }],
    gunicorn: [
      "api",
      "[2026-11-25 07:31:00 +0000] [1] [CRITICAL] WORKER TIMEOUT",
      { "@timestamp": at, level: "fatal", message: "WORKER TIMEOUT" },
    ],
    cAdvisor: [
      "cadvisor",
      "I1125 07:31:00.100200       1 cadvisor.go:126] Starting",
      { "@timestamp": "2026-11-25T07:31:00.100Z", level: "info", message: "Starting" },
    ],
    Jaeger: [
      "jaeger",
      '2026-11-25T07:31:00.100Z\twarn\tx@v1/x.go:1\tlate\t{"a": 1}',
      { "@timestamp": "2026-11-25T07:31:00.100Z", level: "warn", message: 'x@v1/x.go:1 late {"a": 1}' },
    ],
    "Go's own": ["x", "2026/11/25 07:31:00 listening", { "@timestamp": at, message: "listening" }],
    "Go when it gives up": ["x", "panic: no\n\ngoroutine 1 [running]:", { level: "fatal" }],
    "Node when it gives up": [
      "x",
      "TypeError: x is not a function\n    at f (/app/a.js:1:2)",
      { level: "error", message: "TypeError: x is not a function" },
    ],
    "whoever has no form": ["x", "hello", { "@timestamp": dockerTime, message: "hello" }],
  };
  for (const [who, [service, text, expected]] of Object.entries(cases))
    it(`of ${who} is read`, () => expect(read(text, service)).to.deep.include(expected));

  it("knows Python's traces, with what caused them", () => {
    const trace = [
      "Traceback (most recent call last):",
      '  File "x.py", line 1, in f',
      "KeyError: 'a'",
      "During handling of the above exception, another exception occurred:",
      "Traceback (most recent call last):",
      '  File "y.py", line 2, in g',
      "redis.exceptions.ConnectionError: refused",
    ].join("\n");
    const document = read(trace.replaceAll("\n", "\n\n"));
    expect(document).to.deep.include({ level: "error", message: "redis.exceptions.ConnectionError: refused" });
    expect(document.error).to.deep.equal({ type: "redis.exceptions.ConnectionError", stack: trace });
  });

  it("says nothing about a level that it does not tell", () => {
    expect(read("hello", "redis")).not.to.have.property("level");
  });

  it("may be empty: then there is no document", () => {
    for (const text of ["", "  ", "\r", "\n\n"]) expect(eventOf(text).cancelled, JSON.stringify(text)).to.equal(true);
  });
});
