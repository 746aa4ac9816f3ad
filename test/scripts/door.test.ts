import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";

const checkout = resolve(__dirname, "..", "..");

/** A copy of the door in a little project of its own, whose packages are already in place. */
describe("the door", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "medassist-door-"));
    mkdirSync(join(root, "scripts", "setup"), { recursive: true });
    mkdirSync(join(root, "node_modules"));
    cpSync(join(checkout, "scripts", "door.mjs"), join(root, "scripts", "door.mjs"));
    cpSync(join(checkout, "scripts", "setup", "plain"), join(root, "scripts", "setup", "plain"), { recursive: true });
    symlinkSync(realpathSync(join(checkout, "node_modules", "tsx")), join(root, "node_modules", "tsx"));
    writeFileSync(join(root, "package.json"), JSON.stringify({ engines: { node: ">=20.19" } }));
    for (const file of ["package-lock.json", "node_modules/.package-lock.json"]) {
      writeFileSync(join(root, file), JSON.stringify({ packages: {} }));
    }
    const script = (name: string, text: string): void => writeFileSync(join(root, "scripts", `${name}.ts`), text);
    script("echo", "const words: string[] = process.argv.slice(2); console.log(words.join('+')); process.exit(7);");
    script("wait", "console.log('ready'); setInterval(() => {}, 1000);");
    script("tidy", "process.on('SIGTERM', () => process.exit(5)); console.log('ready'); setInterval(() => {}, 1000);");
  });
  after(() => rmSync(root, { recursive: true }));

  const open = (...args: string[]): { child: ChildProcess; ended: Promise<string>; output: () => string } => {
    const child = spawn(process.execPath, [join(root, "scripts", "door.mjs"), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (text += part));
    const ended = new Promise<string>((done) => child.on("close", (code, signal) => done(signal ?? String(code))));
    return { child, ended, output: () => text };
  };

  it("hands arguments in and the exit code out", async () => {
    const { ended, output } = open("echo", "a", "--b");
    expect(await ended).to.equal("7");
    expect(output()).to.equal("a+--b\n");
  });

  it("lists the commands when it does not know one", async () => {
    for (const args of [["nope"], [], ["../door"]]) {
      const { ended, output } = open(...args);
      expect(await ended).to.equal("1");
      expect(output()).to.contain("There are: echo, tidy, wait").and.to.not.contain("    at ");
    }
  });

  it("passes a signal on, and ends as its script does", async () => {
    for (const [name, end] of [
      ["tidy", "5"],
      ["wait", "SIGTERM"],
    ] as const) {
      const { child, ended } = open(name);
      child.stdout?.once("data", () => child.kill("SIGTERM"));
      expect(await ended, name).to.equal(end);
    }
  });

  it("refuses a Node that is too old, with what to do", async () => {
    writeFileSync(join(root, "package.json"), JSON.stringify({ engines: { node: ">=999.1" } }));
    try {
      const { ended, output } = open("echo");
      expect(await ended).to.equal("1");
      expect(output()).to.contain(">=999.1 is needed").and.to.contain("install");
    } finally {
      writeFileSync(join(root, "package.json"), JSON.stringify({ engines: { node: ">=20.19" } }));
    }
  });
});
