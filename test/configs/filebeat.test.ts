/** Filebeat's files as text, and read back. That the real program takes them is tested in test/tools. */

import { expect } from "chai";
import { load } from "js-yaml";
import { pipelineText } from "../../components/logPipeline";
import { filebeatTiming, longestLine, renderFilebeat, renderFilebeatOutput, traceLine } from "../../configs/filebeat";
import { logLabels } from "../../configs/labels";
import { logFields, renderMapping } from "../../configs/logs/fields";
import { MiB } from "../../configs/units";

interface Config {
  "filebeat.inputs": Record<string, unknown>[];
  processors: { script: { params: unknown; file: string } }[];
  "queue.disk": unknown;
}
const config = load(
  renderFilebeat({
    stack: "unit",
    sources: [
      { service: "api", format: "json", quiet: false },
      { service: "redis", format: "text", quiet: true },
    ],
    sqlServices: ["mysql"],
    slowLog: { service: "mysql", path: "/slow/slow.log" },
    queueDisk: MiB(256),
  }),
) as Config;

describe("filebeat.yml", () => {
  it("reads every container's files, rotated ones too, and asks no engine", () => {
    expect(config["filebeat.inputs"].map(({ type, paths }) => [type, paths])).to.deep.equal([
      ["filestream", ["/var/lib/docker/containers/*/*-json.log*"]],
      ["filestream", ["/slow/slow.log"]],
    ]);
    expect(JSON.stringify(config)).not.to.match(/docker\.sock|autodiscover|add_docker_metadata/);
  });

  it("knows a file by its inode, since the beginnings of two files can be the same", () => {
    const [input] = config["filebeat.inputs"];
    expect(input).to.have.property("file_identity.native");
    expect(input?.["prospector.scanner"]).to.include({ "fingerprint.enabled": false });
  });

  it("reads the last lines of a file that is renamed or removed", () => {
    expect(config["filebeat.inputs"][0]?.["close.on_state_change"]).to.include({ removed: false, renamed: false });
  });

  it("tells the pipeline its stack, and whose lines are JSON or may hold SQL", () => {
    expect(config.processors.map((p) => p.script.params)).to.deep.equal([
      {
        stack: "unit",
        json: ["api"],
        sql: ["mysql"],
        slow: { service: "mysql", path: "/slow/slow.log" },
      },
    ]);
  });

  it("keeps what Elasticsearch has not taken on the disk, up to the limit", () => {
    expect(config["queue.disk"]).to.deep.equal({ max_size: "256MiB" });
  });

  it("leaves more than a second of the three for Elasticsearch", () => {
    const { scan, idle, trace } = filebeatTiming;
    expect(scan.plus(idle).plus(trace).milliseconds).to.be.at.most(2000);
  });

  it("takes a line of 16 KiB whole, which is what the engine writes at once", () => {
    expect(longestLine.bytes).to.be.at.least(4 * 16_384);
  });
});

describe("lines of a trace", () => {
  const inTrace = (line: string): boolean => new RegExp(traceLine).test(`${line}\n`);
  it("are indented, or Python's, or name an exception", () => {
    for (const line of [
      "Traceback (most recent call last):",
      '  File "x.py", line 1, in f',
      "\tat org.example.X.f(X.java:1)",
      "",
      "ValueError: bad",
      "redis.exceptions.ConnectionError: Error 111",
      "KeyboardInterrupt",
      "During handling of the above exception, another exception occurred:",
      "Caused by: java.io.IOException: no",
    ])
      expect(inTrace(line), line).to.equal(true);
  });

  it("are none of those that stand for themselves, which then wait for nobody", () => {
    for (const line of [
      '{"level":"info","message":"ValueError: x"}',
      "time=2026-11-25T07:31:00.100Z level=info msg=x",
      "1:M 25 Nov 2026 07:31:00.100 * Ready",
      "2026-11-25  7:31:00 0 [Note] ready",
      "[2026-11-25T07:31:00,100][INFO ][x] y",
      "Server api/api2 is DOWN, reason: Layer4 connection problem",
      "Error responses are counted",
    ])
      expect(inTrace(line), line).to.equal(false);
  });
});

describe("output.yml", () => {
  const output = renderFilebeatOutput({
    host: "elasticsearch",
    port: 9200,
    user: "filebeat",
    password: "pw",
    authorityFile: "/tls/current/ca.crt",
  });
  it("trusts the stack's own authority alone, and checks the name", () => {
    expect(load(output)).to.deep.include({});
    expect(output)
      .to.include("https://elasticsearch:9200")
      .and.include("/tls/current/ca.crt")
      .and.include("verification_mode: full");
  });
  it("sends lines to one stream and refused ones to the other", () => {
    expect(output).to.include("index: filebeat-logs").and.include("dead_letter_index.index: failed-logs");
  });
});

describe("pipeline.js", () => {
  it("is written in the JavaScript that Filebeat knows (ECMAScript 5.1)", () => {
    const code = pipelineText.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    expect(code).not.to.match(/=>|\b(?:let|const|class|import|require)\b\s|`|\?\.|\?\?|\.\.\./);
    expect(code, "no look-around, which would not be linear").not.to.match(/\(\?[=!<]/);
  });
  it("goes by the labels that the engine writes beside each line", () => {
    for (const label of logLabels) expect(pipelineText).to.include(`attrs[${JSON.stringify(label)}]`);
  });
});

describe("the index mapping", () => {
  it("has every field of the list, points as groups, and takes no other", () => {
    const mapping = renderMapping();
    expect(mapping.dynamic).to.equal(false);
    for (const { name, type } of logFields) {
      const node = name
        .split(".")
        .reduce<{ properties?: Record<string, object>; type?: string } | undefined>(
          (at, part) => at?.properties?.[part],
          mapping,
        );
      expect(node?.type, name).to.equal(type);
    }
    expect(mapping.properties.message).to.deep.equal({
      type: "text",
      fields: { keyword: { type: "keyword", ignore_above: 256 } },
    });
    expect(new Set(logFields.map((f) => f.name)).size).to.equal(logFields.length);
  });
});
