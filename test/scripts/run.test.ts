import { expect } from "chai";
import { describeError, SetupError } from "../../scripts/setup/errors";
import { formatSeconds, type Log, step } from "../../scripts/setup/progress";
import { findOnPath, run, tryRun } from "../../scripts/setup/run";

const node = process.execPath;

describe("running a command", () => {
  it("returns what it prints and passes every line on", async () => {
    const lines: string[] = [];
    const script = "console.log('out'); console.error('err')";
    const result = await run(node, ["-e", script], { onLine: (line) => void lines.push(line) });
    expect(result).to.deep.equal({ code: 0, stdout: "out\n", stderr: "err\n" });
    expect(lines).to.have.members(["out", "err"]);
  });

  it("fails with the command and its last lines", async () => {
    const script = "for (let i = 1; i <= 40; i++) console.log('line ' + i); process.exit(3)";
    const error = await run(node, ["-e", script]).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(SetupError);
    const { message } = error as SetupError;
    expect(message).to.contain("failed with exit code 3").and.to.contain("line 40").and.to.not.contain("line 25\n");
  });

  it("reports a command that does not exist", async () => {
    expect(await tryRun("no-such-command-here", [])).to.include({ code: 127 });
  });

  it("stops a command at its time limit", async () => {
    expect(await tryRun(node, ["-e", "setInterval(() => {}, 1000)"], { timeLimitSeconds: 0.3 })).to.include({
      code: 124,
    });
  });

  it("finds commands on PATH", () => {
    expect(findOnPath("sh", { PATH: "/nowhere:/bin" })).to.equal("/bin/sh");
    expect(findOnPath("sh", { PATH: "" })).to.equal(undefined);
    expect(findOnPath("bin", { PATH: "/usr" }), "a folder is no command").to.equal(undefined);
  });
});

describe("a step", () => {
  const recorder = (): { log: Log; lines: string[] } => {
    const lines: string[] = [];
    return { lines, log: { line: (text) => void lines.push(text) } };
  };

  it("says what it does and when it is done", async () => {
    const { log, lines } = recorder();
    expect(await step(log, "Doing it", async () => 5)).to.equal(5);
    expect(lines[0]).to.equal("Doing it");
    expect(lines[1]).to.match(/^ {2}done in \d+ s$/);
  });

  it("names itself when it fails, and passes the error on", async () => {
    const { log, lines } = recorder();
    const message = await step(log, "Doing it", () => Promise.reject(new Error("no"))).catch((e: Error) => e.message);
    expect(message).to.equal("no");
    expect(lines[1]).to.match(/^ {2}failed after \d+ s: Doing it$/);
  });

  it("writes times as people do", () => {
    expect([0.4, 59.4, 59.6, 95, 3600].map(formatSeconds)).to.deep.equal([
      "0 s",
      "59 s",
      "1 min 0 s",
      "1 min 35 s",
      "60 min 0 s",
    ]);
  });
});

describe("errors", () => {
  it("show a stack only for bugs of ours", () => {
    expect(describeError(new SetupError("no disk", "free some"))).to.equal("no disk\n  to mend it: free some");
    expect(describeError(new Error("bug"))).to.contain("run.test.ts");
  });
});
