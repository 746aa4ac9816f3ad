/** What Kibana's panels and `npm run logs` ask, of the real Elasticsearch: over TLS, as the reader, with the real mapping. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { expect } from "chai";
import { desiredState } from "../../configs/elasticsearch";
import { panelQueries } from "../../configs/kibana/queries";
import { logStreams, logUsers } from "../../configs/logs/streams";
import { days, GiB } from "../../configs/units";
import { parseLogs, parseSearch } from "../../scripts/logs/options";
import { type Screen, show } from "../../scripts/logs/show";
import { openStore } from "../../scripts/logs/store";
import { docker, imageBench } from "../images/support";
import { sampleLines } from "../support/logSamples";
import { tlsPair } from "../support/tlsPair";

const admin = { user: "test_admin", password: "elasticTest1" };
/** bcrypt of the admin's password, at the lowest cost. */
const hash = "$2b$04$abcdefghijklmnopqrstuuhZyf2gR78uSt.QT7GQH2W.Acfus9mk2";
const reader = { user: logUsers.reader.name, password: "readerTest1" };
const serverFile = [
  "discovery.type: single-node",
  "network.host: 0.0.0.0",
  "xpack.security.enabled: true",
  "xpack.security.http.ssl: { enabled: true, key: http.key, certificate: http.crt }",
  "xpack.security.transport.ssl.enabled: false\n",
].join("\n");

describe("what is asked of the logs, on a real Elasticsearch", function () {
  this.timeout(300_000);
  const { start, volume, volumeWith } = imageBench(["elasticsearch"]);
  const requests = 120;

  /** A server as the stack has it: streams, templates and the reader of the log keeper, a certificate of its own. */
  async function startServer() {
    const pair = tlsPair("elasticsearch");
    const ca = readFileSync(pair.certificateFile, "utf8");
    const files = volumeWith("elasticsearch", "1000:0", {
      "elasticsearch.yml": serverFile,
      "http.crt": ca,
      "http.key": readFileSync(pair.keyFile, "utf8"),
      users: `${admin.user}:${hash}\n`,
      users_roles: `superuser:${admin.user}\n`,
    });
    pair.remove();
    const copy = "cp -r /usr/share/elasticsearch/config/. /given/* /run/config/";
    const server = start(
      "elasticsearch",
      [
        ...["--user", "1000:0", "--memory", "1300m", "--tmpfs", "/tmp", "--tmpfs", "/run/config:uid=1000,mode=0700"],
        ...["-e", "ES_PATH_CONF=/run/config", "-e", "ES_JAVA_OPTS=-Xms512m -Xmx512m", "-v", `${files}:/given:ro`],
        ...["-v", `${volume()}:/usr/share/elasticsearch/data`, "-p", "127.0.0.1::9200", "--entrypoint", "bash"],
      ],
      ["-c", `${copy} && exec /usr/local/bin/docker-entrypoint.sh eswrapper`],
    );
    const port = docker(["port", server, "9200"]).split(":").at(-1) ?? "";
    const ask = asker(port, ca);
    await until(async () => (await ask(admin, "GET", "/_cluster/health?wait_for_status=yellow")).status === 200);
    const good = async (method: string, path: string, body?: object | string): Promise<string> => {
      const answer = await ask(admin, method, path, body);
      expect(answer.status, `${method} ${path}: ${answer.body.slice(0, 500)}`).to.equal(200);
      return answer.body;
    };
    const { streams, roles } = desiredState({ retention: days(30), disk: GiB(10), sources: [] });
    for (const { name, template } of streams) {
      await good("PUT", `/_index_template/${name}`, template);
      await good("PUT", `/_data_stream/${name}`);
    }
    await good("PUT", "/_security/role/log_reader", roles.log_reader);
    await good("PUT", `/_security/user/${reader.user}`, { password: reader.password, roles: logUsers.reader.roles });
    const add = async (stream: string, documents: readonly object[], refresh = true): Promise<void> => {
      const text = documents.map((document) => `{"create":{}}\n${JSON.stringify(document)}\n`).join("");
      const { errors, items } = JSON.parse(await good("POST", `/${stream}/_bulk?refresh=${refresh}`, text));
      expect(errors, JSON.stringify(items).slice(0, 1000)).to.equal(false);
    };
    return { ask, good, add, access: { url: `https://127.0.0.1:${port}`, ca, ...reader } };
  }

  it("every panel and every search finds what is there, as the reader, who can do nothing else", async () => {
    const { ask, add, access } = await startServer();
    await add(logStreams.logs.name, sampleLines(requests, new Date()));
    await add(logStreams.failed.name, [refusedLine(new Date())]);

    // Every panel, once for all, once for one service, once for one request.
    const [from, to] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 60_000)];
    for (const chosen of [{}, { service: "api2" }, { request_id: "request-7" }])
      for (const { dashboard, panel, body, shown } of panelQueries({ from, to, chosen })) {
        const answer = await ask(reader, "POST", "/filebeat-*/_search", body);
        const where = `${dashboard}, ${panel}, ${JSON.stringify(chosen)}: ${answer.body.slice(0, 300)}`;
        expect(answer.status, where).to.equal(200);
        expect(shown(JSON.parse(answer.body)), where).to.be.above(0);
      }

    // The commands, by the very connection that they use.
    const lines = async (command: ReturnType<typeof parseLogs>): Promise<string[]> => {
      const store = openStore(access, "zebra");
      const screen = new Kept();
      await show(command, store, screen).finally(() => store.close());
      return screen.lines;
    };
    expect(await lines(parseLogs(["--since", "1h"]))).to.have.length(requests * 2 + 12 * 4);
    expect(await lines(parseLogs(["--since", "1h", "--service", "api2", "--status", "5xx"]))).to.have.length(4);
    const [first, ...story] = await lines(parseLogs(["--since", "1h", "--request", "request-7"]));
    expect(first).to.match(/haproxy {6}ERROR POST \/api\/payment 503 350 ms → api2 {2}\[request-7\]$/);
    expect(story).to.have.length(5);
    const found = async (text: string): Promise<number> => (await lines(parseSearch([text, "--json"]))).length;
    // Words, the beginning of a word, the middle of one, another key, a frame, a value, a refused line, nothing.
    const searches = { "connection refused": 12, "connection refu": 12, onnectio: 12, "2003": 12, "file x": 12 };
    for (const [text, number] of Object.entries({ ...searches, "request-119": 2, "failed to parse": 1, absent: 0 }))
      expect(await found(text), text).to.equal(number);

    const wrong = openStore({ ...access, password: "wrong" }, "zebra");
    const failed = await show(parseLogs([]), wrong, new Kept()).catch((error: Error) => error.message);
    expect(failed).to.include("Elasticsearch refuses the reader's password");
    wrong.close();
    const stranger = tlsPair("elasticsearch");
    const untrusting = openStore({ ...access, ca: readFileSync(stranger.certificateFile, "utf8") }, "zebra");
    stranger.remove();
    const distrust = await show(parseLogs([]), untrusting, new Kept()).catch((error: Error) => error.message);
    expect(distrust).to.include("not the stack's own Elasticsearch");
    untrusting.close();
    expect((await ask(reader, "POST", "/filebeat-logs/_doc", {})).status).to.equal(403);
    expect((await ask(reader, "DELETE", "/_data_stream/filebeat-logs")).status).to.equal(403);
  });

  it("following shows each line once: late ones, many at a time, and across a new backing index", async () => {
    const { good, add, access } = await startServer();
    const store = openStore(access, "zebra");
    const enough = new AbortController();
    const screen = new Kept(enough.signal);
    const following = show(parseLogs(["--since", "1h", "--follow", "--json"]), store, screen);
    let written = 0;
    const writer = async (): Promise<void> => {
      for (let round = 0; round < 25; round++) {
        const lines = Array.from({ length: 1 + ((round * 37) % 150) }, (_, i) => {
          const time = new Date(Date.now() - (i % 5 === 0 ? 600_000 : 0)).toISOString();
          return { "@timestamp": time, collected: time, service: "writer", message: `line ${written++}` };
        });
        await add(logStreams.logs.name, lines, false);
        if (round === 12) await good("POST", `/${logStreams.logs.name}/_rollover`);
      }
    };
    await Promise.all([writer(), writer(), writer(), writer()]);
    await until(async () => screen.lines.length >= written, 30).catch(() => {});
    // What would be shown a second time would be shown within the next readings.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    enough.abort();
    await following;
    store.close();
    expect(written).to.be.above(5000);
    expect(screen.lines).to.have.length(written);
    expect(new Set(screen.lines.map((line) => JSON.parse(line).message)).size).to.equal(written);
  });
});

const refusedLine = (time: Date): object => ({
  "@timestamp": time.toISOString(),
  message: '{"duration":"soon"}',
  error: { type: "400", message: "failed to parse field [duration] of type [double]" },
});

type Ask = (
  who: { readonly user: string; readonly password: string },
  method: string,
  path: string,
  body?: object | string,
) => Promise<{ status: number; body: string }>;

function asker(port: string, ca: string): Ask {
  return ({ user, password }, method, path, body) =>
    new Promise((resolve) => {
      const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
      const headers = { "content-type": "application/x-ndjson", "content-length": Buffer.byteLength(text) };
      if (typeof body === "object") headers["content-type"] = "application/json";
      const options = { host: "127.0.0.1", port, method, path, headers, ca, servername: "elasticsearch" };
      const call = request({ ...options, auth: `${user}:${password}` }, (response) => {
        let all = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          all += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: all }));
      });
      call.on("error", (error) => resolve({ status: 0, body: error.message }));
      call.end(text);
    });
}

async function until(condition: () => Promise<boolean>, seconds = 120): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** A screen that keeps its lines. */
class Kept implements Screen {
  readonly look = { colour: false };
  private text = "";
  constructor(readonly done: AbortSignal = new AbortController().signal) {}
  write = async (text: string): Promise<void> => {
    this.text += text;
  };
  remark = (): void => {};
  get lines(): string[] {
    return this.text.split("\n").filter((line) => line !== "");
  }
}
