import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { isStale, startOf, withLock } from "../../scripts/setup/plain/lock.mjs";

describe("a lock", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "medassist-lock-"));
    path = join(folder, "below", "it.lock");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  describe("is stale", () => {
    const owner = { pid: 7, started: "100", host: "here" };
    const seen = (started: string | undefined, host = "here", ageSeconds = 0) => ({
      host,
      startOf: () => started,
      ageSeconds,
    });

    it("when its process is gone, or the id went to another process", () => {
      expect(isStale(owner, seen("100"))).to.equal(false);
      expect(isStale(owner, seen(undefined))).to.equal(true);
      expect(isStale(owner, seen("200"))).to.equal(true);
    });

    it("after an hour, when its machine cannot be asked", () => {
      expect(isStale(owner, seen(undefined, "elsewhere", 3599))).to.equal(false);
      expect(isStale(owner, seen("100", "elsewhere", 3601))).to.equal(true);
    });
  });

  it("is released after the work, and after an error", async () => {
    expect(await withLock(path, () => existsSync(path))).to.equal(true);
    expect(existsSync(path)).to.equal(false);
    const error = await withLock(path, () => Promise.reject(new Error("no"))).catch((caught: Error) => caught.message);
    expect(error).to.equal("no");
    expect(existsSync(path)).to.equal(false);
  });

  it("lets one in at a time and tells the other whom it waits for", async () => {
    const events: string[] = [];
    let finish: (() => void) | undefined;
    const first = withLock(path, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      events.push("first");
    });
    const second = withLock(
      path,
      () => events.push("second"),
      (pid) => {
        events.push(`waits for ${pid === process.pid ? "first" : pid}`);
        finish?.();
      },
    );
    await Promise.all([first, second]);
    expect(events).to.deep.equal(["waits for first", "first", "second"]);
  });

  it("is taken over from a process that is gone, and from a file that nobody wrote", async () => {
    await withLock(path, () => {});
    const reused = { pid: process.pid, started: "an earlier process", host: hostname() };
    for (const content of [JSON.stringify(reused), "", "{"]) {
      writeFileSync(path, content);
      expect(await withLock(path, () => "mine")).to.equal("mine");
    }
  });

  it("knows when this process started", () => {
    expect(startOf(process.pid)).to.be.a("string");
    expect(startOf(2 ** 30)).to.equal(undefined);
  });
});
