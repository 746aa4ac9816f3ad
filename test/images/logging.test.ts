/** The offline images of the log store and of what fills and watches it, as the platform runs them. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { tlsPair } from "../support/tlsPair";
import { docker, imageBench, type Result, tryDocker, until } from "./support";

const user = "admin_test";
const password = "elasticTest1";
/** bcrypt of the password, at the lowest cost: as the file realm wants it. */
const hash = "$2b$04$abcdefghijklmnopqrstuuhZyf2gR78uSt.QT7GQH2W.Acfus9mk2";
const dataFolder = "/usr/share/elasticsearch/data";

const serverFile = [
  "cluster.name: test",
  "discovery.type: single-node",
  "network.host: 0.0.0.0",
  "xpack.security.enabled: true",
  "xpack.security.http.ssl: { enabled: true, key: http.key, certificate: http.crt }",
  "xpack.security.transport.ssl.enabled: false\n",
].join("\n");

describe("offline images of the logging", function () {
  this.timeout(300_000);
  const { exec, image, logs, once, start, stop, volume, volumeWith } = imageBench([
    "elasticsearch",
    "elasticsearchExporter",
    "filebeat",
  ]);

  /** Server with TLS and one user of the file realm; its configuration is in memory, the root cannot be written. */
  async function startServer(options: readonly string[] = []): Promise<{ server: string; files: string }> {
    const pair = tlsPair();
    const files = volumeWith("elasticsearch", "1000:0", {
      "elasticsearch.yml": serverFile,
      "http.crt": readFileSync(pair.certificateFile, "utf8"),
      "http.key": readFileSync(pair.keyFile, "utf8"),
      users: `${user}:${hash}\n`,
      users_roles: `superuser:${user}\n`,
    });
    pair.remove();
    const copy = "cp -r /usr/share/elasticsearch/config/. /given/* /run/config/";
    const server = start(
      "elasticsearch",
      [
        ...["--user", "1000:0", "--memory", "1300m", "--tmpfs", "/tmp", "--tmpfs", "/run/config:uid=1000,mode=0700"],
        ...["-e", "ES_PATH_CONF=/run/config", "-e", "ES_JAVA_OPTS=-Xms512m -Xmx512m", "-v", `${files}:/given:ro`],
        ...[
          "-v",
          `${volume()}:${dataFolder}`,
          "--add-host",
          "medassist.test:127.0.0.1",
          "--entrypoint",
          "bash",
          ...options,
        ],
      ],
      ["-c", `${copy} && exec /usr/local/bin/docker-entrypoint.sh eswrapper`],
    );
    await answering(server);
    return { server, files };
  }
  /** A new cluster makes its licence a moment after its first answer. */
  const answering = (server: string): Promise<void> =>
    until("Elasticsearch answers", () => ask(server, "GET", "/_license").status === 0, 120).catch((error) => {
      throw new Error(`${error}\n${logs(server).slice(-3000)}`);
    });
  /** Asks over TLS, by the certificate's own name. */
  function ask(server: string, method: string, path: string, body?: object, login = `${user}:${password}`): Result {
    const url = `https://medassist.test:9200${path}`;
    const json = body === undefined ? [] : ["-H", "Content-Type: application/json", "-d", JSON.stringify(body)];
    const trust = ["--cacert", "/run/config/http.crt"];
    const args = ["curl", "-s", "--fail-with-body", ...trust, "-u", login, "-X", method, ...json, url];
    return tryDocker(["exec", server, ...args]);
  }
  function told<T>(server: string, method: string, path: string, body?: object, login?: string): T {
    const { status, stdout, output } = ask(server, method, path, body, login);
    if (status !== 0) throw new Error(`${method} ${path}: ${output}`);
    return JSON.parse(stdout) as T;
  }
  function makeStream(server: string, name: string): void {
    // Fields that are not declared stay out of the mapping: to add one takes a right that a writer has not.
    const template = { settings: { number_of_replicas: 0 }, mappings: { dynamic: false } };
    const body = { index_patterns: [name], data_stream: {}, template };
    told(server, "PUT", `/_index_template/${name}`, body);
    told(server, "PUT", `/_data_stream/${name}`);
  }
  const count = (server: string, stream: string): number => {
    told(server, "POST", `/${stream}/_refresh`);
    return told<{ count: number }>(server, "GET", `/${stream}/_count`).count;
  };

  it("elasticsearch: on a read-only root, not as root, over TLS, to whom it knows; keeps its data; stops", async () => {
    const { server } = await startServer();
    expect(exec(server, "stat", "-c", "%u:%g", "/proc/1")).to.equal("1000:0");
    const root = told<{ cluster_name: string; version: { number: string } }>(server, "GET", "/");
    expect(root.cluster_name).to.equal("test");
    expect(root.version.number).to.equal("9.5.3");
    expect(told<{ license: object }>(server, "GET", "/_license").license).to.include({
      type: "basic",
      status: "active",
    });
    for (const login of [`${user}:wrong`, "elastic:", "elastic:changeme"])
      expect(ask(server, "GET", "/", undefined, login).output, login).to.match(/"status":401/);

    makeStream(server, "some-logs");
    told(server, "POST", "/some-logs/_doc", { "@timestamp": "2026-01-01T00:00:00Z", message: "kept" });
    expect(stop(server)).to.equal(128 + 15);
    docker(["start", server]);
    await answering(server);
    expect(count(server, "some-logs")).to.equal(1);
    // Nobody is told to close it.
    docker(["kill", server]);
    docker(["start", server]);
    await answering(server);
    expect(count(server, "some-logs")).to.equal(1);
    // One JSON object a line; Java itself says one thing before.
    const lines = logs(server)
      .split("\n")
      .filter((line) => !line.startsWith("WARNING: Using incubator modules"));
    for (const line of lines) expect(JSON.parse(line)).to.include.keys("@timestamp", "log.level", "message");
    expect(lines.filter((line) => /"log.level": ?"(ERROR|FATAL)"/.test(line))).to.deep.equal([]);
  });

  it("elasticsearch: data streams can be made, rolled over, listed and deleted, by whom a role allows it", async () => {
    const { server } = await startServer();
    makeStream(server, "some-logs");
    const streamsOf = (login?: string) =>
      told<{ data_streams: { name: string; indices: { index_name: string }[]; template: string; status: string }[] }>(
        server,
        "GET",
        "/_data_stream",
        undefined,
        login,
      ).data_streams;
    const [stream] = streamsOf();
    expect(stream).to.include({ name: "some-logs", template: "some-logs", status: "GREEN" });
    const first = stream?.indices[0]?.index_name ?? "";
    const entry = (message: string) => ({ "@timestamp": "2026-01-01T00:00:00Z", message });
    told(server, "PUT", "/some-logs/_create/one?refresh=true", entry("first"));
    expect(ask(server, "PUT", "/some-logs/_create/one", entry("again")).output).to.match(/"status":409/);
    const rolled = told<{ rolled_over: boolean }>(server, "POST", "/some-logs/_rollover", {
      conditions: { max_docs: 1 },
    });
    expect(rolled.rolled_over).to.equal(true);
    expect(streamsOf()[0]?.indices).to.have.length(2);
    expect(told(server, "DELETE", `/${first}`)).to.include({ acknowledged: true });
    expect(count(server, "some-logs")).to.equal(0);

    const role = (privileges: string[]) => ({ cluster: ["monitor"], indices: [{ names: ["some-*"], privileges }] });
    told(server, "PUT", "/_security/role/writer", role(["create_doc"]));
    told(server, "PUT", "/_security/role/reader", role(["read", "view_index_metadata"]));
    for (const name of ["writer", "reader"])
      told(server, "PUT", `/_security/user/${name}`, { password: `${name}Test1`, roles: [name] });
    const [writer, reader] = ["writer:writerTest1", "reader:readerTest1"];
    told(server, "POST", "/some-logs/_doc", entry("second"), writer);
    expect(streamsOf(reader).map(({ name }) => name)).to.deep.equal(["some-logs"]);
    const refused: [string, string, string][] = [
      [writer, "GET", "/some-logs/_search"],
      [writer, "GET", "/_data_stream/some-logs"],
      [writer, "DELETE", "/_data_stream/some-logs"],
      [reader, "POST", "/some-logs/_doc"],
      [reader, "PUT", "/_data_stream/some-logs"],
      [reader, "DELETE", "/_data_stream/some-logs"],
    ];
    for (const [login, method, path] of refused) {
      const body = method === "POST" ? entry("no") : undefined;
      expect(ask(server, method, path, body, login).output, `${login} ${method} ${path}`).to.match(/"status":403/);
    }
    expect(ask(server, "PUT", "/_data_stream/without-template").output).to.match(/no matching index template/);
    expect(ask(server, "DELETE", "/_data_stream/none").output).to.match(/"status":404/);
    expect(told(server, "DELETE", "/_data_stream/some-logs")).to.deep.equal({ acknowledged: true });
    expect(streamsOf()).to.deep.equal([]);
  });

  it("elasticsearch: takes settings from variables; as root it drops privileges; wrong settings are refused", async () => {
    const settings = {
      "discovery.type": "single-node",
      "xpack.security.enabled": "false",
      ES_SETTING_CLUSTER_NAME: "by_variable",
      ES_JAVA_OPTS: "-Xmx300m",
    };
    const variables = Object.entries(settings).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const drop = ["--cap-add", "SETUID", "--cap-add", "SETGID"];
    const server = start("elasticsearch", [
      ...["--user", "0:0", ...drop, "--tmpfs", "/tmp", "-v", `${volume()}:${dataFolder}`, ...variables],
    ]);
    const nodes = () =>
      tryDocker([
        "exec",
        server,
        "curl",
        "-sf",
        "http://127.0.0.1:9200/_nodes/jvm?filter_path=cluster_name,**.heap_max*",
      ]);
    await until("it answers", () => nodes().status === 0, 120);
    expect(nodes().stdout).to.match(/"cluster_name":"by_variable"/);
    expect(nodes().stdout).to.match(/"heap_max_in_bytes":31\d{7}\b/);
    expect(exec(server, "stat", "-c", "%u:%g", "/proc/1")).to.equal("1000:0");

    const wrong = once(
      "elasticsearch",
      ["--tmpfs", "/tmp", "--tmpfs", dataFolder],
      ["elasticsearch", "-E", "no.such.thing=1"],
    );
    expect(wrong.status).to.equal(1);
    expect(wrong.output).to.match(/unknown setting \[no\.such\.thing\]/);
    expect(once("elasticsearch", [], ["elasticsearch", "--version"]).stdout).to.match(/^Version: 9\.5\.3,/);
  });

  it("elasticsearchExporter: reads the store with an account that may only watch", async () => {
    const { server, files } = await startServer();
    makeStream(server, "some-logs");
    const indices = [{ names: ["*"], privileges: ["monitor", "view_index_metadata"] }];
    told(server, "PUT", "/_security/role/watcher", { cluster: ["monitor"], indices });
    told(server, "PUT", "/_security/user/watcher", { password: "watcherTest1", roles: ["watcher"] });
    const exporter = start(
      "elasticsearchExporter",
      [
        // The test's files are the server's alone.
        ...["--network", `container:${server}`, "--user", "1000:0", "-v", `${files}:/given:ro`],
        ...["-e", "ES_USERNAME=watcher", "-e", "ES_PASSWORD=watcherTest1"],
      ],
      [
        "--es.uri=https://medassist.test:9200",
        "--es.ca=/given/http.crt",
        "--es.indices",
        "--collector.clustersettings",
      ],
    );
    const metrics = () =>
      tryDocker(["exec", exporter, "wget", "-q", "-O", "-", "http://127.0.0.1:9114/metrics"]).stdout;
    await until("the exporter serves the store's health", () =>
      /^elasticsearch_cluster_health_status/m.test(metrics()),
    );
    const served = metrics();
    for (const line of [
      /^elasticsearch_cluster_health_status\{cluster="test",color="green"\} 1$/m,
      /^elasticsearch_filesystem_data_available_bytes\{/m,
      /^elasticsearch_jvm_memory_used_bytes\{area="heap",/m,
      /^elasticsearch_clustersettings_allocation_watermark_high_ratio 0\.9$/m,
      /^elasticsearch_indices_store_size_bytes_primary\{/m,
    ])
      expect(served).to.match(line);
    expect(served.split("\n").filter((l) => /^elasticsearch_scrape_success\{.*\} 0$/.test(l))).to.deep.equal([]);
    expect(logs(exporter)).not.to.match(/level=(WARN|ERROR)/);
    expect(tryDocker(["exec", exporter, "wget", "-q", "-O", "-", "http://127.0.0.1:9114/healthz"]).stdout).to.equal(
      "OK",
    );
    const format = "{{.Config.User}} {{json .Config.ExposedPorts}}";
    expect(docker(["image", "inspect", "--format", format, image("elasticsearchExporter")])).to.equal(
      'nobody {"7979/tcp":{}}',
    );
    expect(once("elasticsearchExporter", [], ["--version"]).output).to.match(/version 1\.11\.0 /);
  });

  it("filebeat: ships the lines of a container, each once, also over a restart; refuses a wrong file", async () => {
    const { server, files } = await startServer();
    makeStream(server, "some-logs");
    const line = (log: string) =>
      `${JSON.stringify({ log: `${log}\n`, stream: "stdout", time: "2026-01-01T00:00:00Z" })}\n`;
    const logFiles = volumeWith("filebeat", "0:0", { "a-json.log": line("one") + line("two") });
    const config = volumeWith("filebeat", "0:0", {
      "filebeat.yml": shipperFile,
      "wrong.yml": "filebeat.inputs: [{}]\n",
    });
    const mounts = ["-v", `${config}:/config:ro`, "-v", `${logFiles}:/logs:ro`, "-v", `${files}:/given:ro`];
    const asRoot = ["--user", "0:0", "--cap-add", "DAC_READ_SEARCH", "--memory", "128m", ...mounts];
    const test = (file: string): Result =>
      once("filebeat", [...asRoot, "--tmpfs", "/usr/share/filebeat/data"], ["test", "config", "-e", "-c", file]);
    expect(test("/config/filebeat.yml").output).to.match(/Config OK/);
    expect(test("/config/wrong.yml").status).to.equal(1);

    const shipper = start(
      "filebeat",
      [...asRoot, "--network", `container:${server}`, "-v", `${volume()}:/usr/share/filebeat/data`],
      ["-e", "-c", "/config/filebeat.yml"],
    );
    await until("two lines", () => count(server, "some-logs") === 2);
    const { hits } = told<{ hits: { hits: { _source: Record<string, unknown> }[] } }>(
      server,
      "GET",
      "/some-logs/_search",
    );
    const messages = hits.hits.map(({ _source }) => _source.message);
    expect(messages).to.have.members(["ONE", "TWO"]);
    expect(stop(shipper)).to.equal(0);
    append("a-json.log", logFiles, line("three"));
    docker(["start", shipper]);
    await until("the third line", () => count(server, "some-logs") >= 3);
    expect(count(server, "some-logs")).to.equal(3);
    const ask5066 = "exec 3<>/dev/tcp/127.0.0.1/5066; printf 'GET /stats HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
    const stats = exec(shipper, "bash", "-c", ask5066);
    expect(JSON.parse(stats.split("\r\n\r\n")[1] ?? "").libbeat.output.events).to.include({ acked: 1, failed: 0 });
    expect(logs(shipper)).not.to.match(/"log.level":"(error|fatal)"/);
    expect(once("filebeat", [], ["version"]).output).to.match(/filebeat version 9\.3\.0 /);
    // Without a command or an option first, it is a program of the image.
    expect(once("filebeat", [], ["id", "-u"]).stdout).to.equal("1000");
  });

  function append(file: string, folder: string, text: string): void {
    const options = ["--rm", "-i", "--user", "0:0", "-v", `${folder}:/v`, "--entrypoint", "sh"];
    docker(["run", ...options, image("filebeat"), "-c", `cat >> /v/${file}`], { input: text });
  }
});

/** All that the platform's own file uses: the input, its parser, a script, a fingerprint as name, the queue on disk. */
const shipperFile = JSON.stringify({
  "filebeat.inputs": [
    {
      type: "filestream",
      id: "containers",
      paths: ["/logs/*-json.log"],
      "file_identity.native": {},
      "prospector.scanner.fingerprint.enabled": false,
      parsers: [{ container: { stream: "all" } }, { multiline: { type: "pattern", pattern: "^ ", match: "after" } }],
    },
  ],
  processors: [
    {
      script: {
        lang: "javascript",
        source: 'function process(e) { e.Put("message", e.Get("message").trim().toUpperCase()); }',
      },
    },
    { fingerprint: { fields: ["log.file.path", "log.offset"], target_field: "@metadata._id" } },
  ],
  "queue.disk.max_size": "10MB",
  "output.elasticsearch": {
    hosts: ["https://medassist.test:9200"],
    username: user,
    password,
    "ssl.certificate_authorities": ["/given/http.crt"],
    index: "some-logs",
    preset: "latency",
  },
  "setup.ilm.enabled": false,
  "setup.template.enabled": false,
  http: { enabled: true, host: "127.0.0.1", port: 5066 },
});
