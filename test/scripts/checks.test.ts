import { expect } from "chai";
import { checkEngine, checkGo, checkNode, checkPackages, checkPulumi, formatChecks } from "../../scripts/setup/checks";
import { type EngineFacts, type EngineProbe, shortages } from "../../scripts/setup/engine";

const facts: EngineFacts = {
  version: "20.10.24",
  host: "unix:///var/run/docker.sock",
  cgroupVersion: "1",
  storageDriver: "overlay2",
  rootDir: "/var/lib/docker",
  cpus: 2,
  memoryGiB: 16,
  freeDiskGiB: 50,
  buildkit: false,
};
const ready = (changes: Partial<EngineFacts> = {}): EngineProbe => ({
  state: "ready",
  facts: { ...facts, ...changes },
});

const here = { rootDir: "/var/lib/docker", freeDiskGiB: 50, memoryGiB: 16 };

describe("doctor's checks", () => {
  it("always say how to mend what is not all right", () => {
    const failing = [
      checkNode("18.0.0", ">=20.19"),
      checkPackages("missing"),
      checkPackages("outdated"),
      ...checkEngine({ state: "no-client" }, here),
      ...checkEngine({ state: "denied", host: "h" }, here),
      ...checkEngine({ state: "silent", host: "tcp://far:1", local: false, detail: "refused" }, here),
      ...checkEngine(ready({ freeDiskGiB: 1, memoryGiB: 1 }), here),
      checkPulumi(undefined, "3.248.0"),
      checkGo({ problem: "Go is not on PATH", mend: "install it" }, false),
    ].filter((check) => !check.ok);
    expect(failing.map((check) => check.name)).to.deep.equal([
      "Node.js",
      "npm packages",
      "npm packages",
      "docker command",
      "Docker engine",
      "Docker permission",
      "Docker engine",
      "disk space",
      "memory",
      "Pulumi CLI",
      "Go",
    ]);
    for (const check of failing) expect(check.mend, check.name).to.be.a("string").and.not.equal("");
  });

  it("are all right on a machine that has everything", () => {
    const tools = { binDir: "/b", source: "cache", version: "3.248.0", plugins: "beside" } as const;
    const checks = [
      checkNode("20.19.0", ">=20.19"),
      checkPackages("ready"),
      checkPackages("unstamped"),
      ...checkEngine(ready(), here),
      checkPulumi(tools, "3.248.0"),
      checkGo({ problem: "Go is not on PATH", mend: "install it" }, true),
    ];
    expect(checks.filter((check) => !check.ok)).to.deep.equal([]);
  });

  it("look at this machine as long as no engine can be asked", () => {
    const short = { ...here, freeDiskGiB: 1 };
    const bad = (probe: EngineProbe) =>
      checkEngine(probe, short)
        .filter((check) => !check.ok)
        .map((check) => check.name);
    expect(bad({ state: "no-client" })).to.include("disk space");
    expect(bad({ state: "silent", host: "tcp://far:1", local: false, detail: "" })).to.deep.equal(["Docker engine"]);
    expect(bad(ready()), "the engine's own word counts").to.deep.equal([]);
  });

  it("do not judge the disk of another machine", () => {
    const disk = checkEngine(ready({ freeDiskGiB: undefined }), here).find((check) => check.name === "disk space");
    expect(disk).to.include({ ok: true });
    expect(shortages({ ...facts, freeDiskGiB: undefined })).to.deep.equal([]);
  });

  it("tell a shortage with its figures", () => {
    expect(shortages({ ...facts, freeDiskGiB: 1.25, memoryGiB: 2 })).to.have.lengthOf(2);
    expect(shortages({ ...facts, freeDiskGiB: 1.25 })[0]).to.contain("/var/lib/docker has 1.3 GiB free");
  });

  it("are printed as a table with the mend below the line", () => {
    const table = formatChecks([
      { name: "A", ok: true, detail: "here" },
      { name: "Longer", ok: false, detail: "gone", mend: "get it" },
    ]);
    expect(table.split("\n")).to.deep.equal([
      "ok       A       here",
      "MISSING  Longer  gone",
      "                 → get it",
      "",
      "1 of 2 need something; what to do is said at each (→).",
    ]);
    expect(formatChecks([{ name: "A", ok: true, detail: "here" }])).to.contain("All fine.");
  });
});
