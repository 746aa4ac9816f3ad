/** What the platform decides, without an engine. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { fingerprintOf } from "../../../components/platform/docker/delivery";
import { type ContainerState, uptimeOf } from "../../../components/platform/docker/engine";
import { judge } from "../../../components/platform/docker/health";
import { hashFolder, planImage } from "../../../components/platform/docker/imagePlan";
import { Probe } from "../../../components/platform/probe";
import { waves } from "../../../components/platform/waves";
import { seconds } from "../../../configs/units";

describe("waves", () => {
  it("hold every replica once, in order, in at most three, one alone first", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), (count) => {
        const replicas = Array.from({ length: count }, (_, i) => i);
        const result = waves(replicas);
        expect(result.flat()).to.deep.equal(replicas);
        expect(result.length).to.equal(Math.min(count, 3));
        if (count > 0) expect(result[0]).to.have.length(1);
      }),
    );
  });

  it("always leave half of three or more replicas serving", () => {
    for (let count = 3; count <= 50; count++) {
      for (const wave of waves(Array.from({ length: count })))
        expect(wave.length, String(count)).to.be.at.most(count / 2);
    }
  });
});

describe("judge", () => {
  const now = new Date("2026-01-01T00:01:00Z");
  const state = (over: Partial<ContainerState> = {}): ContainerState => ({
    id: "x",
    running: true,
    restarting: false,
    exitCode: 0,
    restarts: 0,
    startedAt: new Date("2026-01-01T00:00:50Z"),
    health: "healthy",
    lastCheck: "",
    ...over,
  });
  const verdict = (s: ContainerState | undefined, uptime = 0, within = 60) =>
    judge(s, { healthy: true, minimumUptime: seconds(uptime), within: seconds(within) }, now);

  it("is content with a healthy container", () => expect(verdict(state())).to.deep.equal({ kind: "well" }));
  it("waits for one that was healthy too shortly", () => expect(verdict(state(), 11).kind).to.equal("wait"));
  it("waits for one that starts", () => expect(verdict(state({ health: "starting" })).kind).to.equal("wait"));
  it("is content with one that runs, where nobody waits for its health", () => {
    const relaxed = { healthy: false, minimumUptime: seconds(0), within: seconds(60) };
    expect(judge(state({ health: "starting" }), relaxed, now).kind).to.equal("well");
    expect(judge(state({ health: "unhealthy" }), relaxed, now).kind).to.equal("failed");
    expect(judge(state({ running: false }), relaxed, now).kind).to.equal("failed");
  });
  it("gives up one that starts for too long", () =>
    expect(verdict(state({ health: "starting" }), 0, 9)).to.deep.equal({
      kind: "failed",
      why: "it is not healthy after 9s",
    }));
  it("gives up an unhealthy one", () => expect(verdict(state({ health: "unhealthy" })).kind).to.equal("failed"));
  it("gives up one that ended", () =>
    expect(verdict(state({ running: false, exitCode: 3 }))).to.deep.equal({
      kind: "failed",
      why: "it ended with status 3",
    }));
  it("gives up one that comes and goes", () =>
    expect(verdict(state({ restarting: true, restarts: 3, health: "starting" })).kind).to.equal("failed"));
  it("waits for one that is started again the first time", () =>
    expect(verdict(state({ restarting: true, restarts: 1 })).kind).to.equal("wait"));
  it("gives up one that was removed", () =>
    expect(verdict(undefined)).to.deep.equal({ kind: "failed", why: "its container was removed" }));
});

describe("uptimeOf", () => {
  for (const [status, expected] of [
    ["Up Less than a second (healthy)", 0],
    ["Up 1 second (healthy)", 1],
    ["Up 42 seconds (healthy)", 42],
    ["Up About a minute (healthy)", 60],
    ["Up 17 minutes (healthy)", 1020],
    ["Up About an hour", 3600],
    ["Up 3 weeks (healthy)", 3 * 7 * 24 * 3600],
    ["Exited (0) 5 minutes ago", 0],
  ] as const) {
    it(`reads "${status}"`, () => expect(uptimeOf(status).seconds).to.equal(expected));
  }
});

describe("images", () => {
  it("are pulled by digest, or built under the hash of their folder", () => {
    expect(planImage("mysql", "registry")).to.include({ kind: "pull", tag: "8.4.11" });
    expect(planImage("mysql", "offline")).to.include({ kind: "build", context: "images/mysql", from: undefined });
    expect(planImage("api", "offline")).to.include({ kind: "build", context: "apps/api", from: "python" });
    expect(planImage("api", "offline").reference).not.to.equal(planImage("api", "registry").reference);
  });

  it("get another name when a file, its name or the base changes, and not when an ignored one does", () => {
    const folder = mkdtempSync(join(tmpdir(), "medassist-unit-"));
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, "tests"));
    write("Dockerfile", "FROM x");
    write(".dockerignore", "tests\nDockerfile\n");
    const first = hashFolder(folder, "base:1");
    expect(first).to.match(/^[0-9a-f]{12}$/);
    write("tests/a", "1");
    expect(hashFolder(folder, "base:1")).to.equal(first);
    expect(hashFolder(folder, "base:2")).not.to.equal(first);
    write("Dockerfile", "FROM y");
    expect(hashFolder(folder, "base:1")).not.to.equal(first);
    rmSync(folder, { recursive: true });
  });
});

describe("fingerprintOf", () => {
  it("depends on names and texts, not on their order", () => {
    expect(fingerprintOf({ a: "1", b: "2" })).to.equal(fingerprintOf({ b: "2", a: "1" }));
    expect(fingerprintOf({ a: "1", b: "2" })).not.to.equal(fingerprintOf({ a: "12", b: "" }));
    expect(fingerprintOf({ a: "1" })).not.to.equal(fingerprintOf({ b: "1" }));
  });
});

describe("Probe", () => {
  it("asks with what the image has", () => {
    expect(Probe.http("/healthz", 8405).commandFor("haproxy")).to.deep.equal([
      "wget",
      "-q",
      "-O",
      "/dev/null",
      "http://127.0.0.1:8405/healthz",
    ]);
    expect(Probe.http("/health", 5000).commandFor("api").slice(0, 2)).to.deep.equal(["bash", "-c"]);
    expect(() => Probe.http("/", 1).commandFor("mysql")).to.throw("use Probe.command");
    expect(Probe.command(["true"]).commandFor("mysql")).to.deep.equal(["true"]);
  });

  it("is more patient than Docker's own count of failures", () => {
    const { patience, timing } = Probe.command(["true"], {
      retries: 2,
      interval: seconds(5),
      timeout: seconds(1),
      startPeriod: seconds(10),
    });
    expect(patience.seconds).to.be.greaterThan(timing.startPeriod.seconds + timing.retries * timing.interval.seconds);
  });
});
