/** The watched system on a real engine: what is measured, what fires, who is told, and how soon changes are live. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { heartbeatLimit, receiverOf, recorderReceiver } from "../../configs/alertmanager";
import { severities } from "../../configs/alerts/alert";
import { allAlerts } from "../../configs/alerts/all";
import { panelQueries } from "../../configs/dashboards/render";
import { portNames } from "../../configs/settings";
import { repoRoot } from "../../scripts/setup/paths";
import { run, tryRun } from "../../scripts/setup/run";
import { Checkout } from "./support/checkout";
import { identities, servicesOf } from "./support/engine";
import { ask, pay, until } from "./support/http";
import { checkCommands } from "./support/runbooks";
import { TestStack } from "./support/testStack";
import { underLoad } from "./support/underLoad";
import { Watchers } from "./support/watchers";

describe("the watched system", () => {
  let stack: TestStack;
  let watchers: Watchers;

  before("up", async function () {
    this.timeout(900_000);
    stack = await TestStack.create("watch", { monitoring: true, logging: true });
    await stack.up();
    watchers = await Watchers.of(stack);
  });
  after(() => stack.destroy());

  it("scrapes every target, and each answers", async () => {
    await until("every target is up", async () => (await watchers.targets()).every((t) => t.health === "up"), 60);
    const jobs = (await watchers.targets()).map((t) => t.labels.job);
    expect(jobs.filter((job) => job === "api")).to.have.length(3);
    expect([...new Set(jobs)].sort()).to.deep.equal(
      "alertmanager api blackbox cadvisor elasticsearch haproxy incidents log-keeper mysql nginx node probe prometheus pushgateway redis".split(
        " ",
      ),
    );
  });

  it("fires nothing but the heartbeat when all is well", async () => {
    await pay(stack.entryUrl, "watch-well");
    await until("the heartbeat fires", async () => (await watchers.firing()).includes("Watchdog"), 60);
    await new Promise((resolve) => setTimeout(resolve, 30_000)); // two scrapes of every target, six evaluations
    expect(await watchers.firing()).to.deep.equal(["Watchdog"]);
  });

  it("has data for every panel and every alert, but for what only events make", async () => {
    await pay(stack.entryUrl, "watch-data");
    // Of a healthy API there is no 5xx to count.
    const event = (text: string): boolean => /status=~"5\.\."/.test(text);
    const alerts = allAlerts.flatMap((a) =>
      a.expr.selectors.map((s) => ({
        of: a.name,
        text: s.series(stack.name),
        eventOnly: s.metric.definition.eventOnly,
      })),
    );
    const panels = panelQueries.map(({ panel, query, eventOnly }) => ({
      of: `${panel.dashboard}: ${panel.title}`,
      text: query.expr.render(stack.name),
      eventOnly,
    }));
    const needed = [...alerts, ...panels].filter((q) => q.eventOnly === undefined && !event(q.text));
    const empty = async (): Promise<string[]> => {
      const found = await Promise.all(needed.map(async (q) => ((await watchers.query(q.text)).length > 0 ? [] : [q])));
      return found.flat().map((q) => `${q.of}: ${q.text}`);
    };
    // The first rates need two scrapes, the first slots of the SLOs half a minute.
    await until("every query has data", async () => (await empty()).length === 0, 120).catch(() => {});
    expect(await empty()).to.deep.equal([]);
  });

  for (const severity of severities) {
    it(`brings an alert of ${severity} to its receiver and to the incident recorder`, async () => {
      const name = `Test${severity.toUpperCase()}`;
      await watchers.raise(name, severity);
      await until(
        `the API has logged ${name}`,
        async () => (await watchers.apiLog()).some((line) => line.includes(name)),
        severity === "p4" ? 100 : 30,
      );
      await until(`the recorder knows ${name}`, async () => (await watchers.recorded()).includes(name), 30);
      expect(await watchers.receivers(name)).to.have.members([recorderReceiver, receiverOf(severity)]);
    });
  }

  it("can be checked by every command that a runbook gives for it", async function () {
    this.timeout(300_000);
    const env = {
      ...process.env,
      STACK: stack.name,
      MEDASSIST_HOME: stack.home,
      ...Object.fromEntries(portNames.map((port) => [`${port.toUpperCase()}_PORT`, String(stack.ports[port])])),
    };
    const commands = checkCommands();
    expect(new Set(commands.map((c) => c.page)).size).to.be.at.least(allAlerts.length);
    const failed: string[] = [];
    for (const { page, text } of commands) {
      const result = await tryRun("bash", ["-euo", "pipefail", "-c", text], {
        env,
        cwd: repoRoot,
        timeLimitSeconds: 60,
      });
      if (result.code !== 0) failed.push(`${page}: ${result.code}\n${text}${result.stderr}`);
    }
    expect(failed.join("\n")).to.equal("");
  });

  it("tells of a replica that was killed, while the others serve, and that it is back", async () => {
    const victim = (await servicesOf(stack)).get("api2");
    if (!victim) throw new Error("no api2");
    await underLoad(stack, 50, async () => {
      await run("docker", ["kill", victim.Id]);
      await until(
        "ApiInstanceDown is delivered",
        async () => (await watchers.recorded()).includes("ApiInstanceDown"),
        30,
      );
      await run("docker", ["start", victim.Id]);
      await until("it no longer fires", async () => !(await watchers.firing()).includes("ApiInstanceDown"), 60);
    });
  });

  it("tells nobody of what happens in a maintenance window, but keeps it", async function () {
    this.timeout(600_000);
    // Not the one that was killed before: a second restart is an alert of its own, which would be told afterwards.
    const victim = (await servicesOf(stack)).get("api3");
    if (!victim) throw new Error("no api3");
    const before = (await watchers.recorded()).filter((name) => name === "ApiInstanceDown").length;
    const delivered = async () => (await watchers.recorded()).filter((name) => name === "ApiInstanceDown").length;
    const start = new Date(Date.now() - 60_000).toISOString().slice(0, "2026-12-01T22:00".length);
    const window = { kind: "once", start, hours: 1, timeZone: "UTC", what: "replica", why: "a test" };
    stack.set({ maintenance: JSON.stringify(window) });
    try {
      await stack.up();
      await until("the window is open", async () => (await watchers.firing()).includes("Maintenance"), 60);
      await until("Alertmanager knows", async () => (await watchers.receivers("Maintenance")).length > 0, 30);
      await run("docker", ["kill", victim.Id]);
      await until("ApiInstanceDown fires", async () => (await watchers.firing()).includes("ApiInstanceDown"), 60);
      await until("it is inhibited", async () => (await watchers.inhibitedBy("ApiInstanceDown")).length > 0, 30);
      await until(
        "the recorder has it muted",
        async () => (await watchers.suppressed()).includes("ApiInstanceDown"),
        30,
      );
      expect(await delivered(), "nobody was told").to.equal(before);
    } finally {
      await run("docker", ["start", victim.Id]);
      stack.set({ maintenance: undefined });
    }
    await until("the replica is back", async () => !(await watchers.firing()).includes("ApiInstanceDown"), 60);
    await stack.up();
    await until("the window is gone", async () => !(await watchers.firing()).includes("Maintenance"), 60);
    expect(await delivered(), "nobody was told later").to.equal(before);
  });

  it("takes an edited configuration without a restart", async () => {
    const before = await identities(stack);
    stack.set({ metricsDays: 36 });
    await stack.up();
    const flags = await watchers.prometheus("/api/v1/status/config");
    expect(JSON.stringify(flags)).to.contain("36d");
    expect((await identities(stack)).prometheus, "Prometheus was not replaced").to.equal(before.prometheus);
  });

  it("keeps its rules when Prometheus' own tool refuses the new ones", async () => {
    const rules = async (): Promise<string[]> => {
      const { groups } = (await watchers.prometheus("/api/v1/rules")) as { groups: { rules: { query: string }[] }[] };
      return groups.flatMap((group) => group.rules.map((rule) => rule.query));
    };
    const [before, containers] = [await rules(), await identities(stack)];
    const broken = new Checkout();
    try {
      const file = broken.path("configs/rules.ts");
      const text = readFileSync(file, "utf8").replace("expr: a.expr.render(stack)", 'expr: a.expr.render(stack) + ")"');
      expect(text).to.contain('+ ")"');
      writeFileSync(file, text);
      stack.project = broken.folder;
      const { code, output } = await stack.run("up");
      expect(code).not.to.equal(0);
      expect(output)
        .to.contain("The new files of prometheus-config were refused")
        .and.to.match(/parse error.*unexpected/);
      expect(await rules()).to.deep.equal(before);
      expect((await identities(stack)).prometheus).to.equal(containers.prometheus);
    } finally {
      stack.project = repoRoot;
      broken.remove();
    }
    await stack.up();
  });

  it("notifies nobody of a planned change of the replicas", async () => {
    const before = await watchers.recorded();
    stack.set({ logLevel: "warning" });
    await underLoad(stack, 50, () => stack.up());
    await new Promise((resolve) => setTimeout(resolve, 20_000)); // an alert that was only late would come now
    expect((await watchers.recorded()).sort()).to.deep.equal(before.sort());
  });

  it("adds a replica's target and its health by the number of replicas alone", async () => {
    stack.set({ replicas: 4, logLevel: undefined });
    await stack.up();
    await until(
      "api4 is scraped, and HAProxy's status of it is known",
      async () =>
        (await watchers.targets()).some((t) => t.labels.instance === "api4" && t.health === "up") &&
        (await watchers.query(`haproxy_server_status{proxy="api",server="api4",state="UP"}`)).length > 0,
      60,
    );
    stack.set({ replicas: 3 });
    await stack.up();
  });

  it("says so itself when the monitoring falls silent, and when it is back", async function () {
    this.timeout(600_000);
    await run("docker", ["stop", stack.container("alertmanager")]);
    const said = (status: string) => async () =>
      (await watchers.apiLog()).some((line) => line.includes("MonitoringSilent") && line.includes(status));
    await until("the p1 is in the API's log", said("firing"), heartbeatLimit.seconds + 60);
    await run("docker", ["start", stack.container("alertmanager")]);
    await until("it is resolved", said("resolved"), 180);
  });

  it("shows the status page to whoever has the password, and to nobody else", async () => {
    const url = `http://127.0.0.1:${stack.ports.incidents}`;
    expect((await ask(url, "/")).status).to.equal(401);
    const page = await ask(url, "/", watchers.login);
    expect(page.status).to.equal(200);
    expect(page.headers["content-security-policy"]).to.match(/default-src 'none'/);
    expect(page.body).to.contain("ApiInstanceDown").and.to.contain(stack.name);

    expect((await ask(url, "/runbooks/P2_ApiInstanceDown")).status).to.equal(401);
    const runbook = await ask(url, "/runbooks/P2_ApiInstanceDown", watchers.login);
    expect(runbook.status).to.equal(200);
    expect(runbook.body).to.contain(`${stack.name}-haproxy`);
  });

  it("refuses what is no alert, and counts it", async () => {
    const url = `http://127.0.0.1:${stack.ports.incidents}`;
    const post = (body: string, token = "") =>
      ask(url, "/alerts", {
        method: "POST",
        body,
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      });
    expect((await post("{}")).status).to.equal(401);
    const metrics = (await ask(url, "/metrics")).body;
    expect(metrics).to.match(/^incident_webhook_refused_total\{[^}]*\} [1-9]/m);
  });
});
