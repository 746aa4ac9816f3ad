import { expect } from "chai";
import { Announcer, reminder, retryDelay } from "../src/announcer";
import { decideHeartbeatBack, decideSilence } from "../src/decide";
import { judgeHeartbeat, silenceFacts } from "../src/heartbeat";
import type { Outgoing } from "../src/outgoing";
import { announcement, parseReceivers, type Receiver } from "../src/receivers";
import type { AlertRecord, State } from "../src/state";
import { after, empty, policy, seconds, start } from "./samples";

const limit = seconds(120);

function silence(state: State): AlertRecord {
  const [record] = [...state.alerts.values()];
  if (!record) throw new Error("there is none");
  return record;
}
const facts = silenceFacts("dev", start, limit);
const silent = after(empty, decideSilence(empty, facts, start, policy));
const firing = silence(silent);
const ended = silence(after(silent, decideHeartbeatBack(silent, facts.fingerprint, start + seconds(30), policy)));

describe("the heartbeat", () => {
  it("is waited for after the start, and missed after the limit", () => {
    const judge = (last: number | null, now: number) =>
      judgeHeartbeat({ started: start, last, now: start + now, limit });
    expect(judge(null, limit)).to.equal("waiting");
    expect(judge(null, limit + 1)).to.equal("silent");
    expect(judge(start, limit)).to.equal("alive");
    expect(judge(start, limit + 1)).to.equal("silent");
  });

  it("that is missed is a p1 with an incident, once", () => {
    expect(firing).to.include({ name: "MonitoringSilent", severity: "p1", source: "recorder", resolved: null });
    expect([...silent.incidents.values()][0]).to.include({ priority: "p1", closed: null });
    expect(after(silent, decideSilence(silent, { ...facts, startsAt: start + 1 }, start + 1, policy))).to.deep.equal(
      silent,
    );
    expect(ended).to.include({ resolved: start + seconds(30), resolvedBy: "recorder" });
  });
});

describe("receivers", () => {
  const secrets: Record<string, string> = {
    "/s/token": "t",
    "/s/slack": "https://hooks.example/x",
    "/s/bad": "ftp://x",
  };
  const parse = (value: unknown) =>
    parseReceivers(JSON.stringify(value), (path) => {
      const content = secrets[path];
      if (content === undefined) throw new Error("the file cannot be read (ENOENT)");
      return content;
    });

  it("are read with their secrets", () => {
    expect(
      parse([
        { kind: "webhook", url: "http://haproxy:8082/api/webhook/alert", tokenFile: "/s/token" },
        { kind: "webhook", url: "http://x" },
        { kind: "slack", urlFile: "/s/slack" },
      ]),
    ).to.deep.equal([
      { kind: "webhook", url: "http://haproxy:8082/api/webhook/alert", token: "t" },
      { kind: "webhook", url: "http://x", token: undefined },
      { kind: "slack", url: "https://hooks.example/x" },
    ]);
  });

  it("that are wrong are named", () => {
    expect(() => parse({})).to.throw("must be a list");
    expect(() => parseReceivers("[", () => "")).to.throw("must be JSON");
    expect(() => parse([null])).to.throw("[0] must be an object");
    expect(() => parse([{ kind: "fax" }])).to.throw("[0].kind must be webhook or slack");
    expect(() => parse([{ kind: "webhook", url: "x" }])).to.throw("[0].url must be");
    expect(() => parse([{ kind: "webhook", url: "http://x", tokenFile: "/no" }])).to.throw(
      "[0].tokenFile: the file cannot",
    );
    expect(() => parse([{ kind: "slack" }])).to.throw("[0].urlFile must be the path");
    expect(() => parse([{ kind: "slack", urlFile: "/s/bad" }])).to.throw("[0].urlFile must hold");
  });

  it("get Alertmanager's own payload, or a text", () => {
    const hook = announcement({ kind: "webhook", url: "http://x/", token: "t" }, firing, "dev");
    expect(hook.headers).to.include({ authorization: "Bearer t" });
    const payload = JSON.parse(hook.body ?? "") as { version: string; alerts: Record<string, unknown>[] };
    expect(payload).to.include({ version: "4", status: "firing" });
    expect(payload.alerts[0]).to.deep.include({
      status: "firing",
      labels: { alertname: "MonitoringSilent", severity: "p1", service: "monitoring", stack: "dev" },
      startsAt: "2026-11-25T04:00:00.000Z",
      endsAt: "0001-01-01T00:00:00Z",
    });
    const slack = announcement({ kind: "slack", url: "http://x/" }, ended, "dev");
    expect(JSON.parse(slack.body ?? ""))
      .to.have.property("text")
      .that.matches(/^\[RESOLVED\] MonitoringSilent \(dev\)\n/);
  });
});

describe("telling the receivers", () => {
  const receivers: Receiver[] = [
    { kind: "webhook", url: "http://one/", token: undefined },
    { kind: "slack", url: "http://two/" },
  ];
  let sent: Outgoing[];
  let fails: boolean;
  let announcer: Announcer;
  beforeEach(() => {
    sent = [];
    fails = false;
    const send = async (request: Outgoing) => {
      sent.push(request);
      return { status: fails && request.url === "http://two/" ? 500 : 200, body: "" };
    };
    announcer = new Announcer({ receivers, stack: "dev", send, log: () => undefined, count: () => undefined });
  });
  const urls = () => sent.splice(0).map(({ url }) => url);

  it("happens at once, again each hour, and at the end", async () => {
    await announcer.run(start);
    expect(urls()).to.deep.equal([]);
    announcer.announce(firing, start);
    await announcer.run(start);
    expect(urls()).to.deep.equal(["http://one/", "http://two/"]);
    await announcer.run(start + reminder - 1);
    expect(urls()).to.deep.equal([]);
    await announcer.run(start + reminder);
    expect(urls()).to.have.lengthOf(2);
    announcer.announce(ended, start + reminder + 1);
    await announcer.run(start + reminder + 1);
    expect(urls()).to.have.lengthOf(2);
    await announcer.run(start + 10 * reminder);
    expect(urls()).to.deep.equal([]);
  });

  it("is tried again for the one who was not reached, ever more slowly", async () => {
    fails = true;
    announcer.announce(firing, start);
    await announcer.run(start);
    urls();
    await announcer.run(start + retryDelay(1));
    expect(urls()).to.deep.equal(["http://two/"]);
    expect([1, 2, 3, 4, 5, 99].map(retryDelay)).to.deep.equal([5, 10, 20, 40, 60, 60].map(seconds));
    announcer.announce(ended, start + seconds(30));
    await announcer.run(start + seconds(30));
    expect(urls(), "who was not told of the beginning is not told of the end").to.deep.equal(["http://one/"]);
  });

  it("goes on after a restart", async () => {
    announcer.resume(firing, start + limit);
    await announcer.run(start);
    expect(urls()).to.deep.equal([]);
    announcer.announce(ended, start + 1);
    await announcer.run(start + 1);
    expect(urls()).to.have.lengthOf(2);
  });
});
