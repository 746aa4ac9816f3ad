import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { createLogger } from "../src/logger";
import { send } from "../src/outgoing";
import { createService, type Service } from "../src/service";
import type { Settings } from "../src/settings";
import {
  basic,
  bearer,
  FakeServer,
  listen,
  password,
  seconds,
  settings,
  start,
  temporaryFolder,
  token,
  wireAlert,
  wirePayload,
  wirePolled,
} from "./samples";

describe("the recorder over HTTP", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let alertmanager: FakeServer;
  let prometheus: FakeServer;
  let receiver: FakeServer;
  let service: Service;
  let url: string;
  let now: number;
  let lines: string[];
  let polledAlerts: object[];

  const run = async (given: Partial<Settings> = {}): Promise<void> => {
    const told = settings({
      dataDir: folder.path,
      alertmanagerUrl: alertmanager.url,
      prometheusUrl: prometheus.url,
      receivers: [
        { kind: "webhook", url: `${receiver.url}/hook`, token: "their-token" },
        { kind: "slack", url: `${receiver.url}/slack` },
      ],
      heartbeatUrl: `${receiver.url}/beat`,
      ...given,
    });
    const clock = (): number => now;
    const log = createLogger({ stack: "dev", level: "debug", now: clock, write: (line) => lines.push(line) });
    service = createService({ settings: told, log, send, now: clock });
    url = await listen(service.server);
  };
  const restart = async (): Promise<void> => {
    service.server.closeAllConnections();
    await service.close();
    await run();
  };
  /** Time passes, and what is due is done. */
  const pass = async (milliseconds: number): Promise<void> => {
    now += milliseconds;
    await service.recorder.tick();
  };
  const post = (body: string | object, authorization: string = bearer): Promise<Response> =>
    fetch(`${url}/alerts`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const get = (path: string, headers: Record<string, string> = { authorization: basic }): Promise<Response> =>
    fetch(url + path, { headers });
  const getJson = async (path: string): Promise<Record<string, never>> =>
    (await get(path)).json() as Promise<Record<string, never>>;
  const metric = async (line: string): Promise<string | undefined> => {
    const text = await (await get("/metrics", {})).text();
    return text
      .split("\n")
      .find((found) => found.startsWith(`${line} `))
      ?.slice(line.length + 1);
  };
  const watchdog = () => wirePayload(wireAlert("Watchdog", { fingerprint: "00", labels: { alertname: "Watchdog" } }));

  beforeEach(async () => {
    folder = temporaryFolder();
    [alertmanager, prometheus, receiver] = (await Promise.all([1, 2, 3].map(() => new FakeServer().start()))) as [
      FakeServer,
      FakeServer,
      FakeServer,
    ];
    polledAlerts = [];
    alertmanager.answer = () => polledAlerts;
    prometheus.answer = ({ path }) => ({
      status: "success",
      data: { result: path.includes("slo_") ? [] : [{ metric: { job: "api", instance: "api2" }, value: [1, "0"] }] },
    });
    now = start + seconds(2);
    lines = [];
    await run();
  });
  afterEach(async () => {
    service.server.closeAllConnections();
    await service.close();
    await Promise.all([alertmanager, prometheus, receiver].map((server) => server.stop()));
    folder.remove();
  });

  it("takes a notification, tells of it, and still knows it after a restart", async () => {
    const answer = await post(wirePayload(wireAlert("ApiInstanceDown")));
    expect(answer.status).to.equal(200);
    expect(await answer.json()).to.deep.equal({ received: 1 });
    const check = async (): Promise<void> => {
      const { incidents } = (await getJson("/api/incidents?open=true")) as unknown as {
        incidents: Record<string, unknown>[];
      };
      expect(incidents).to.have.lengthOf(1);
      expect(incidents[0]).to.deep.include({
        id: "20261125T040002Z",
        priority: "p2",
        open: true,
        detectionSeconds: 1.877,
      });
      expect((incidents[0]?.alerts as object[] | undefined)?.[0]).to.deep.include({
        name: "ApiInstanceDown",
        state: "firing",
        firstFired: "2026-11-25T04:00:00.123Z",
        delivered: "2026-11-25T04:00:02.000Z",
        resolved: null,
        labels: { alertname: "ApiInstanceDown", severity: "p2", service: "api", stack: "dev" },
      });
      expect(await metric('incident_open{severity="p2"}')).to.equal("1");
    };
    await check();
    expect(await metric('alert_delivery_seconds_count{severity="p2"}')).to.equal("1");
    await restart();
    await check();
    expect(await metric('alert_delivery_seconds_count{severity="p2"}')).to.equal("0");
    await post(wirePayload(wireAlert("ApiInstanceDown", { status: "resolved", endsAt: "2026-11-25T04:01:00Z" })));
    expect(await getJson("/api/incidents/20261125T040002Z")).to.include({
      open: false,
      closed: "2026-11-25T04:01:00.000Z",
    });
    expect(await getJson("/api/incidents?open=true")).to.deep.equal({ total: 0, incidents: [] });
    expect(await getJson("/api/alerts?limit=1")).to.include({ total: 1 });
    expect((await get("/api/alerts", { authorization: bearer })).status).to.equal(200);
  });

  it("refuses what it must, with a problem and a count, and goes on", async () => {
    const refused = async (answer: Promise<Response>): Promise<[number, string]> => {
      const response = await answer;
      expect(response.headers.get("content-type")).to.equal("application/problem+json");
      return [response.status, ((await response.json()) as { field: string }).field];
    };
    expect(await refused(post(wirePayload(wireAlert("A")), "Bearer wrong"))).to.deep.equal([401, "Authorization"]);
    expect(await refused(post(wirePayload(wireAlert("A")), ""))).to.deep.equal([401, "Authorization"]);
    expect(await refused(post(wirePayload(wireAlert("A")), basic))).to.deep.equal([401, "Authorization"]);
    expect(await refused(post("{"))).to.deep.equal([400, "body"]);
    expect(await refused(post(wirePayload(wireAlert("A", { startsAt: "x" }))))).to.deep.equal([
      400,
      "alerts[0].startsAt",
    ]);
    expect(await refused(post(`"${"x".repeat(1024 * 1024)}"`))).to.deep.equal([413, "body"]);
    expect(await metric('incident_webhook_refused_total{reason="unauthorized"}')).to.equal("3");
    expect(await metric('incident_webhook_refused_total{reason="malformed"}')).to.equal("2");
    expect(await metric('incident_webhook_refused_total{reason="too_large"}')).to.equal("1");
    expect(await refused(get("/nothing"))).to.deep.equal([404, "path"]);
    expect(await refused(get("/api/incidents/x"))).to.deep.equal([404, "id"]);
    expect(await refused(get("/api/incidents?limit=0"))).to.deep.equal([400, "limit"]);
    expect(await refused(get("/api/alerts?open=maybe"))).to.deep.equal([400, "open"]);
    const wrong = await fetch(`${url}/alerts`);
    expect([wrong.status, wrong.headers.get("allow")]).to.deep.equal([405, "POST"]);
    expect((await fetch(`${url}/`, { method: "DELETE" })).headers.get("allow")).to.equal("GET, HEAD");
    expect((await fetch(`${url}/healthz`, { method: "HEAD" })).status).to.equal(200);
  });

  it("survives a body that grows without end, and what is not HTTP", async () => {
    const talk = (text: string): Promise<string> =>
      new Promise((resolve) => {
        let answer = "";
        const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
        socket.on("data", (part) => {
          answer += String(part);
        });
        socket.on("error", () => resolve(answer));
        socket.on("close", () => resolve(answer));
      });
    const head = `POST /alerts HTTP/1.1\r\nhost: x\r\nauthorization: ${bearer}\r\ntransfer-encoding: chunked\r\n\r\n`;
    expect(await talk(`${head}200000\r\n${"x".repeat(0x200000)}\r\n`)).to.match(/^HTTP\/1.1 413 /);
    expect(await talk("nonsense\r\n\r\n")).to.match(/^HTTP\/1.1 400 /);
    expect(await talk("GET //evil/ HTTP/1.0\r\n\r\n")).to.match(/^HTTP\/1.1 404 /);
    expect((await get("/healthz", {})).status).to.equal(200);
  });

  it("asks Alertmanager for muted alerts, and for those that vanished", async () => {
    await post(wirePayload(wireAlert("AllApiDown")));
    polledAlerts = [
      wirePolled("AllApiDown", {}),
      wirePolled("ApiInstanceDown", { state: "suppressed", inhibitedBy: ["x"] }, { fingerprint: "02" }),
    ];
    await pass(seconds(5));
    expect(alertmanager.received.at(-1)?.path).to.equal("/api/v2/alerts");
    const { alerts } = (await getJson("/api/alerts")) as unknown as { alerts: Record<string, unknown>[] };
    expect(alerts.map(({ name, state }) => [name, state])).to.deep.equal([
      ["ApiInstanceDown", "suppressed"],
      ["AllApiDown", "firing"],
    ]);
    polledAlerts = [];
    await pass(seconds(5));
    alertmanager.answer = () => 500;
    await pass(seconds(60));
    expect(await metric("incident_alertmanager_up")).to.equal("0");
    await post(watchdog());
    alertmanager.answer = () => polledAlerts;
    await pass(seconds(60));
    expect((await getJson("/api/alerts?open=true")) as unknown).to.include({ total: 2 });
    await post(watchdog());
    await pass(seconds(90));
    expect(await metric("incident_alertmanager_up")).to.equal("1");
    expect((await getJson("/api/alerts?open=true")) as unknown).to.include({ total: 0 });
    expect(await metric('incident_open{severity="p2"}')).to.equal("0");
  });

  it("raises the alarm itself when the heartbeat stops, and stops the external one", async () => {
    const asked = (path: string): number => receiver.received.filter((request) => request.path === path).length;
    await post(watchdog());
    await pass(seconds(60));
    await post(watchdog());
    await pass(seconds(120));
    expect(asked("/beat")).to.equal(2);
    expect(asked("/hook")).to.equal(0);
    await pass(seconds(1));
    expect(asked("/hook")).to.equal(1);
    expect(asked("/slack")).to.equal(1);
    const told = receiver.received.find(({ path }) => path === "/hook");
    expect(told?.authorization).to.equal("Bearer their-token");
    expect(JSON.parse(told?.body ?? "")).to.deep.include({ version: "4", status: "firing" });
    expect(await metric('incident_open{severity="p1"}')).to.equal("1");
    await pass(seconds(60));
    expect(asked("/beat")).to.equal(2);

    await restart();
    await post(watchdog());
    await pass(seconds(1));
    expect(asked("/hook")).to.equal(2);
    expect(JSON.parse(receiver.received.filter(({ path }) => path === "/hook")[1]?.body ?? "")).to.include({
      status: "resolved",
    });
    expect(await metric('incident_open{severity="p1"}')).to.equal("0");
    expect(await metric("incident_heartbeat_timestamp_seconds")).to.equal(String((now - seconds(1)) / 1000));
    expect(asked("/beat")).to.equal(3);
    await pass(seconds(60));
    expect(asked("/beat")).to.equal(4);
  });

  it("raises the alarm when there never was a heartbeat, also on a full volume, and catches up on writing", async () => {
    const { append } = Object.getPrototypeOf(journalOf(service)) as { append: () => void };
    let full = true;
    Object.assign(journalOf(service), {
      append(...change: []) {
        if (full) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
        append.apply(this, change);
      },
    });
    await pass(seconds(121));
    expect(receiver.received.filter(({ path }) => path === "/hook")).to.have.lengthOf(1);
    const answer = await post(wirePayload(wireAlert("A")));
    expect([answer.status, answer.headers.get("retry-after")]).to.deep.equal([503, "5"]);
    expect(await metric("incident_journal_up")).to.equal("0");
    expect(await getJson("/api/alerts")).to.include({ total: 2 });
    full = false;
    await pass(seconds(1));
    expect((await post(wirePayload(wireAlert("A")))).status).to.equal(200);
    expect(await metric("incident_journal_up")).to.equal("1");
    await restart();
    expect(await getJson("/api/alerts")).to.include({ total: 2 });
  });

  it("notices a silence also when the clock is set back", async () => {
    await post(watchdog());
    await pass(seconds(-86_400));
    const asked = alertmanager.received.length;
    await pass(seconds(121));
    expect(receiver.received.filter(({ path }) => path === "/hook")).to.have.lengthOf(1);
    expect(alertmanager.received.length).to.equal(asked + 1);
  });

  it("serves the page to the administrator only, in the reader's language, under a strict policy", async () => {
    const stranger = await get("/", {});
    expect(stranger.status).to.equal(401);
    expect(stranger.headers.get("www-authenticate")).to.equal('Basic realm="incidents", charset="UTF-8"');
    expect((await get("/", { authorization: bearer })).status).to.equal(401);
    const page = await get("/", { authorization: basic, "accept-language": "en" });
    expect(page.headers.get("content-security-policy")).to.match(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    expect(page.headers.get("content-language")).to.equal("en");
    const text = await page.text();
    expect(text)
      .to.include("Something does not answer")
      .and.to.include("0 of 1, down: api2")
      .and.to.include("No data.");
    expect(decodeURIComponent(prometheus.received[0]?.path ?? "")).to.equal('/api/v1/query?query=up{stack="dev"}');
    for (const path of ["/app.js", "/style.css", "/icon.svg"])
      expect(await (await get(path, {})).text()).to.equal(readFileSync(join(__dirname, "../static", path), "utf8"));
    prometheus.answer = () => undefined;
    now += seconds(10);
    const before = Date.now();
    expect(await (await get("/?lang=fr")).text()).to.include("Prometheus ne répond pas");
    expect(Date.now() - before).to.be.within(1900, 10_000);
  });

  it("logs one JSON line an alert, and never a secret or another label", async () => {
    await post(wirePayload(wireAlert("A"), wireAlert("B", { fingerprint: "b" })));
    await post(wirePayload(wireAlert("A")), "Bearer guess");
    await get("/", { authorization: `Basic ${Buffer.from("admin:guess").toString("base64")}` });
    await pass(seconds(121));
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(parsed.filter(({ message }) => message === "alert")).to.have.lengthOf(2);
    expect(parsed[0]).to.deep.include({
      level: "info",
      service: "incidents",
      stack: "dev",
      alertname: "A",
      severity: "p2",
    });
    const all = lines.join("") + readFileSync(join(folder.path, "journal.jsonl"), "utf8");
    for (const secret of [token, password, "guess", "their-token", receiver.url, "p-4821"])
      expect(all).not.to.include(secret);
  });
});

function journalOf({ recorder }: Service): object {
  return (recorder as unknown as { options: { journal: object } }).options.journal;
}
