/** The real Filebeat with the files that `up` delivers, on containers' logs as the engine writes them. */

import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { load } from "js-yaml";
import { pipelineText } from "../../components/logPipeline";
import {
  configFile,
  containersFolder,
  dataFolder,
  filebeatCheck,
  filebeatCommand,
  outputFile,
  pipelineFile,
  renderFilebeat,
  renderFilebeatOutput,
  slowLogMount,
} from "../../configs/filebeat";
import { logStreams } from "../../configs/logs/streams";
import { ports } from "../../configs/ports";
import type { LogSource } from "../../configs/roles";
import { yaml } from "../../configs/rules";
import { MiB } from "../../configs/units";
import { imageBench, tryDocker, until } from "../images/support";
import { EngineLogs } from "../support/engineLogs";
import { FakeElasticsearch } from "../support/fakeElasticsearch";

const sources: readonly LogSource[] = ["api", "haproxy", "frontend"].map((service) => ({
  service,
  format: "json",
  quiet: false,
}));

describe("Filebeat", () => {
  const bench = imageBench(["filebeat"]);
  let engine: EngineLogs;
  let store: FakeElasticsearch;
  let config: string;
  let data: string;
  let port: number;

  beforeEach(async () => {
    engine = new EngineLogs();
    store = new FakeElasticsearch(({ status }, index) => index !== logStreams.logs.name || typeof status !== "string");
    port = await store.listen();
    config = mkdtempSync(join(tmpdir(), "medassist-filebeat-"));
    chmodSync(config, 0o755);
    const files = {
      [configFile]: renderFilebeat({
        stack: "prod",
        sources,
        sqlServices: ["mysql"],
        slowLog: { service: "mysql", path: `${slowLogMount}/slow.log` },
        queueDisk: MiB(64),
      }),
      [pipelineFile]: pipelineText,
      [outputFile]: output(),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(config, name), text);
    data = bench.volume();
  });
  afterEach(async () => {
    await store.close();
    engine.remove();
    rmSync(config, { recursive: true });
  });

  /** The output of `up`, but for TLS: that it is right is tested with the real Elasticsearch. */
  const output = (): string => {
    const rendered = load(
      renderFilebeatOutput({ host: "host.test", port, user: "filebeat", password: "pw", authorityFile: "/none" }),
    ) as Record<"output.elasticsearch", { hosts: string[]; ssl?: object }>;
    const { ssl: _, hosts, ...elasticsearch } = rendered["output.elasticsearch"];
    return yaml({
      "output.elasticsearch": { ...elasticsearch, hosts: hosts.map((url) => url.replace("https:", "http:")) },
    });
  };
  const options = (): string[] => [
    ...[
      "--user",
      "0:0",
      "--cap-add",
      "DAC_READ_SEARCH",
      "--tmpfs",
      "/tmp",
      "--memory",
      "128m",
      "--memory-swap",
      "128m",
    ],
    ...["--add-host", `host.test:${gateway()}`],
    ...["-v", `${engine.folder}:${containersFolder}:ro`, "-v", `${config}:/config:ro`, "-v", `${data}:${dataFolder}`],
  ];
  const gateway = (): string =>
    tryDocker(["network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}"]).stdout;
  const start = (): string =>
    bench.start("filebeat", options(), filebeatCommand({ config: "/config", secrets: "/config" }));

  const documents = (index: string = logStreams.logs.name) =>
    store.stored.filter((s) => s.index === index).map((s) => s.document);
  const of = (service: string) => documents().filter((d) => d.service === service);
  const arrived = (count: number, seconds = 30) =>
    until(`${count} documents`, () => store.stored.length >= count, seconds).catch((error) => {
      throw new Error(`${error.message}; there are ${store.stored.length}`);
    });
  /** Filebeat's own figures. */
  const stats = (container: string): Record<string, number> => {
    const text = tryDocker(["exec", container, "bash", "-c", httpGet]).stdout;
    const figures = JSON.parse(text.slice(text.indexOf("{"))) as { libbeat: { output: { events: object } } };
    return figures.libbeat.output.events as Record<string, number>;
  };

  it("takes its files, and says in which line of the pipeline a mistake is", () => {
    const check = () =>
      bench.once(
        "filebeat",
        ["--user", "0:0", "--tmpfs", "/tmp", "-v", `${config}:/config:ro`, "-w", "/config"],
        filebeatCheck({ config: ".", secrets: "." }),
      );
    expect(check()).to.include({ status: 0, stdout: "Config OK" });
    writeFileSync(join(config, pipelineFile), pipelineText.replace("function register(", "functoin register("));
    const { status, output: said } = check();
    expect(status).not.to.equal(0);
    expect(said).to.match(/SyntaxError: pipeline\.js: Line \d+/);
  });

  it("ships a quiet container's one short line, and nothing of other stacks", async () => {
    engine.write("a", { service: "redis" }, "x");
    engine.write("b", { service: "redis", stack: "other" }, "of another stack");
    engine.write("c", { service: "redis" }, "x");
    start();
    await arrived(2);
    expect(of("redis").map((d) => [d.container, d.message])).to.have.deep.members([
      ["aaaaaaaaaaaa", "x"],
      ["cccccccccccc", "x"],
    ]);
  });

  it("makes one document of a trace, and of a line that the engine wrote in pieces", async () => {
    const trace = [
      "Traceback (most recent call last):",
      '  File "x.py", line 1, in f',
      "KeyError: 'a'",
      "",
      "During handling of the above exception, another exception occurred:",
      "",
      "Traceback (most recent call last):",
      '  File "y.py", line 2, in g',
      "ValueError: bad",
    ];
    const request = JSON.stringify({ level: "info", message: "request", status: 200, duration: 0.5 });
    engine.write("a", { service: "api" }, request, ...trace, request);
    engine.write("b", { service: "mysql" }, `begin ${"word ".repeat(9000)}end`);
    start();
    await arrived(4);
    expect(of("api").map((d) => d.message)).to.deep.equal(["request", "ValueError: bad", "request"]);
    expect(of("api")[1]?.error).to.deep.equal({ type: "ValueError", stack: trace.filter(Boolean).join("\n") });
    expect(of("mysql")[0]?.message).to.match(/^begin (word ){9000}end$/);
    expect(of("mysql")[0]).not.to.have.property("truncated");
  });

  it("ships what is hard to read: 1 MiB, no UTF-8, no JSON, a wrong type, a wrong clock", async () => {
    engine.write("a", { service: "redis" }, `begin ${"word ".repeat(209_714)}`, "after");
    engine.writeBytes("b", { service: "mysql" }, Buffer.from([0x62, 0xff, 0xfe, 0x20, 0xc3]));
    const late = new Date(Date.now() - 3_600_000).toISOString();
    engine.write("c", { service: "api" }, '{"message": "bro', '{"message":"m","method":"GET","status":"abc"}');
    engine.write("d", { service: "haproxy" }, JSON.stringify({ timestamp: late, message: "late" }));
    const container = start();
    await arrived(6);
    const [long, after] = of("redis");
    expect(long).to.include({ truncated: true, parse_error: "too_long" });
    expect(String(long?.message).length).to.be.within(60_000, 65_536);
    expect(after?.message).to.equal("after");
    expect(of("mysql")[0]).to.include({ parse_error: "encoding" });
    expect(of("api")).to.have.length(1);
    expect(of("api")[0]).to.include({ parse_error: "json", message: '{"message": "bro' });
    const [wrong] = of("haproxy");
    expect(wrong?.clock_skew).to.be.within(-3700, -3590);
    expect(Date.now() - Date.parse(wrong?.["@timestamp"] as string)).to.be.lessThan(120_000);
    const [refused] = documents(logStreams.failed.name);
    expect(JSON.parse(refused?.message as string)).to.include({ service: "api", status: "abc" });
    expect(refused).to.include({ "error.type": 400 });
    expect(refused?.["error.message"]).to.include("it does not fit");
    expect(stats(container)).to.include({ acked: 5, dead_letter: 1, dropped: 0 });
  });

  it("lets nothing personal leave the host", async () => {
    const name = "Alix";
    engine.write(
      "a",
      { service: "api" },
      JSON.stringify({ message: "to alix@example.org, 06 12 34 56 78", patient: name, card: "4111 1111 1111 1111" }),
    );
    engine.write("b", { service: "mysql" }, "SELECT 1 FROM t WHERE a = 'alix'");
    start();
    await arrived(2);
    expect(JSON.stringify(store.stored))
      .not.to.match(/alix/i)
      .and.not.match(/4111|12 34/);
    expect(of("api")[0]?.redacted).to.have.members(["email", "phone", "name", "card"]);
    expect(of("mysql")[0]?.redacted).to.deep.equal(["slow_log"]);
  });

  it("reads the database's slow log from its own file, also after it was emptied", async () => {
    const folder = mkdtempSync(join(tmpdir(), "medassist-slow-"));
    const file = join(folder, "slow.log");
    const entry = (what: string) =>
      [
        "# User@Host: medassist_app[medassist_app] @  [172.18.0.5]",
        "# Query_time: 1.500246  Lock_time: 0.000003  Rows_sent: 1  Rows_examined: 1000",
        `SET timestamp=${Math.floor(Date.now() / 1000)};`,
        `SELECT ${what}\nFROM t WHERE a = 'alix\nand more';`,
        "",
      ].join("\n");
    try {
      writeFileSync(file, `mysqld, Version: 8.4.11\n${entry("one")}${entry("two")}`);
      bench.start(
        "filebeat",
        [...options(), "-v", `${folder}:${slowLogMount}:ro`],
        filebeatCommand({ config: "/config", secrets: "/config" }),
      );
      await arrived(2);
      writeFileSync(file, "");
      await pause(1500);
      appendFileSync(file, entry("three"));
      await arrived(3);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(of("mysql").map((d) => d.message)).to.deep.equal(
      ["one", "two", "three"].map((what) => `SELECT ${what}\nFROM t WHERE a = ?;`),
    );
    expect(of("mysql")[0]).to.include({ logger: "slow", duration: 1.500246 });
    expect(JSON.stringify(store.stored)).not.to.match(/alix|and more/);
  });

  /** Writes numbered lines for as long as `during` runs, then waits until the store has every one exactly once. */
  async function everyLineOnce(from: string, rate: number, during: () => Promise<void>): Promise<number> {
    let written = 0;
    let busy = true;
    const writing = (async () => {
      const began = Date.now();
      while (busy) {
        const due = Math.floor(((Date.now() - began) / 1000) * rate);
        const lines = Array.from({ length: due - written }, (_, i) =>
          JSON.stringify({ message: `line ${written + i}` }),
        );
        engine.write(from, { service: "api" }, ...lines);
        written = due;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    await during();
    busy = false;
    await writing;
    await arrived(written, 60);
    // Whatever would come twice has come by then.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const numbers = documents().map((d) => Number((d.message as string).slice(5)));
    expect(numbers.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: written }, (_, i) => i));
    return written;
  }
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  it("loses no line when files are rotated, and not the last ones of a container that is removed", async () => {
    start();
    await everyLineOnce("a", 500, async () => {
      for (let i = 0; i < 6; i++) {
        await pause(1600);
        engine.rotate("a");
      }
    });
    const before = store.stored.length;
    engine.write("b", { service: "redis" }, "first");
    await arrived(before + 1);
    engine.write("b", { service: "redis" }, ...Array.from({ length: 500 }, (_, i) => `last ${i}`));
    engine.removeContainer("b");
    await arrived(before + 501);
  });

  it("loses no line and stores none twice when it is killed again and again", async () => {
    let container = start();
    await everyLineOnce("a", 500, async () => {
      for (let i = 0; i < 4; i++) {
        await pause(2500);
        tryDocker(["kill", "--signal", "KILL", container]);
        await pause(300);
        tryDocker(["rm", "-f", container]);
        container = start();
      }
      await pause(2000);
    });
  });

  it("keeps lines while Elasticsearch is away, even if it is killed meanwhile, and ships each once", async () => {
    const container = start();
    await everyLineOnce("a", 500, async () => {
      await pause(2000);
      store.away = true;
      await pause(3000);
      engine.rotate("a");
      await pause(2000);
      engine.rotate("a");
      tryDocker(["kill", "--signal", "KILL", container]);
      tryDocker(["rm", "-f", container]);
      await pause(500);
      start();
      await pause(3000);
      engine.rotate("a");
      await pause(1000);
      store.away = false;
    });
  });

  it("carries 1,000 lines a second with half a core and 128 MiB", async () => {
    const container = start();
    await until("it runs", () => tryDocker(["exec", container, "true"]).status === 0);
    const cpuSeconds = () => {
      const fields = tryDocker(["exec", container, "cat", "/proc/1/stat"]).stdout.split(" ");
      return (Number(fields[13]) + Number(fields[14])) / 100;
    };
    await pause(2000);
    const [before, began] = [cpuSeconds(), Date.now()];
    const request = {
      level: "info",
      stack: "prod",
      logger: "medassist.request",
      request_id: "6f1c2f0e-8d53-4b7a-9a52-3b1d2c4e5f60",
      method: "POST",
      endpoint: "/api/payment",
      status: 201,
      duration: 0.034123,
      remote_addr: "172.18.0.1",
    };
    let written = 0;
    while (Date.now() - began < 20_000) {
      const due = Math.floor(Date.now() - began);
      const timestamp = new Date().toISOString();
      for (const from of ["a", "b", "c", "d", "e"]) {
        const lines = Array.from({ length: Math.floor((due - written) / 5) }, () =>
          JSON.stringify({ timestamp, message: "request", ...request }),
        );
        engine.write(from, { service: "api" }, ...lines);
      }
      written += Math.floor((due - written) / 5) * 5;
      await pause(20);
    }
    await arrived(written);
    const cores = (cpuSeconds() - before) / ((Date.now() - began) / 1000);
    console.log(`      ${written} lines in 20 s: ${cores.toFixed(2)} cores`);
    expect(cores).to.be.lessThan(0.5);
    expect(tryDocker(["inspect", "-f", "{{.State.Running}} {{.State.OOMKilled}}", container]).stdout).to.equal(
      "true false",
    );
  });
});

/** The image has no HTTP client. */
const httpGet = `exec 3<>/dev/tcp/127.0.0.1/${ports.filebeat}; printf 'GET /stats HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
