import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ensurePackages, judgePackages, packagesState, sameTree } from "../../scripts/setup/plain/packages.mjs";

const lock = {
  packages: {
    "": { version: "0.1.0" },
    "node_modules/a": { version: "1.0.0", integrity: "x" },
    "node_modules/b": { version: "2.0.0", optional: true },
  },
};
const installed = { packages: { "node_modules/a": { version: "1.0.0", integrity: "x" } } };

describe("node_modules", () => {
  it("holds the lock file's packages; optional ones may be missing", () => {
    expect(sameTree(lock, installed)).to.equal(true);
    expect(sameTree(lock, { packages: {} })).to.equal(false);
    expect(sameTree(lock, { packages: { "node_modules/a": { version: "1.0.1", integrity: "x" } } })).to.equal(false);
    expect(sameTree(lock, { packages: { "node_modules/a": { version: "1.0.0", integrity: "y" } } })).to.equal(false);
  });

  it("holds nothing else", () => {
    expect(sameTree(lock, { packages: { ...installed.packages, "node_modules/old": { version: "1.0.0" } } })).to.equal(
      false,
    );
  });

  it("is judged by its stamp, else by npm's own record", () => {
    const seen = { digest: "d", lock: JSON.stringify(lock), installed: JSON.stringify(installed) };
    expect(judgePackages({ ...seen, stamp: "d" })).to.equal("ready");
    expect(judgePackages({ ...seen, stamp: undefined })).to.equal("unstamped");
    expect(judgePackages({ ...seen, stamp: "older", installed: "{}" })).to.equal("outdated");
    expect(judgePackages({ ...seen, stamp: "d", installed: undefined }), "killed npm").to.equal("missing");
  });
});

describe("installing the packages", () => {
  let root: string;
  let installs: number;
  const install = (folder: string): number => {
    installs++;
    mkdirSync(join(folder, "node_modules"), { recursive: true });
    writeFileSync(join(folder, "node_modules", ".package-lock.json"), JSON.stringify(installed));
    return 0;
  };
  const writeLock = (extra: string): void =>
    writeFileSync(join(root, "package-lock.json"), JSON.stringify(lock) + extra);
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "medassist-packages-"));
    installs = 0;
    writeLock("");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("happens once, also for several at the same time", async () => {
    const says: string[] = [];
    const say = (line: string): void => void says.push(line);
    await Promise.all([ensurePackages(root, say, install), ensurePackages(root, say, install)]);
    await ensurePackages(root, say, install);
    expect(installs).to.equal(1);
    expect(says.filter((line) => line.includes("npm ci"))).to.deep.equal([
      "Node packages are missing: npm ci (about a minute)",
    ]);
    expect(packagesState(root).state).to.equal("ready");
    expect(readdirSync(join(root, ".medassist"))).to.deep.equal([]);
  });

  it("is not needed when npm has been called by hand", async () => {
    install(root);
    await ensurePackages(root, () => {}, install);
    expect(installs).to.equal(1);
  });

  it("happens again when the lock file needs other packages", async () => {
    await ensurePackages(root, () => {}, install);
    writeFileSync(
      join(root, "package-lock.json"),
      JSON.stringify({ packages: { "node_modules/c": { version: "1.0.0" } } }),
    );
    expect(packagesState(root).state).to.equal("outdated");
    await ensurePackages(root, () => {}, install);
    expect(installs).to.equal(2);
  });

  it("leaves no stamp when npm fails", async () => {
    const message = await ensurePackages(
      root,
      () => {},
      () => 7,
    ).catch((error: Error) => error.message);
    expect(message).to.contain("npm ci failed with exit code 7");
    expect(existsSync(join(root, "node_modules"))).to.equal(false);
    expect(packagesState(root).state).to.equal("missing");
  });
});
