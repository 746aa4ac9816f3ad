import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { cacheKey, missingFrom, publish, sourceFiles } from "../../scripts/setup/cache";

describe("cache key", () => {
  const files = new Map([
    ["a.go", "1"],
    ["b.go", "2"],
  ]);

  it("does not depend on the order of the files", () => {
    expect(cacheKey(new Map([...files].reverse()), {})).to.equal(cacheKey(files, {}));
  });

  it("changes with a content, a name, a boundary and a fact", () => {
    const key = cacheKey(files, { platform: "linux" });
    const others = [
      cacheKey(new Map([...files, ["b.go", "3"]]), { platform: "linux" }),
      cacheKey(new Map([...files, ["c.go", ""]]), { platform: "linux" }),
      cacheKey(
        new Map([
          ["a.go", "1b.go"],
          ["", "2"],
        ]),
        { platform: "linux" },
      ),
      cacheKey(files, { platform: "darwin" }),
    ];
    expect(new Set([key, ...others]).size).to.equal(5);
  });
});

describe("cache entry", () => {
  let folder: string;
  let entry: string;
  const programs = ["one", "two"];
  const fill = async (_workshop: string, bin: string): Promise<void> => {
    for (const name of programs) writeFileSync(join(bin, name), "#!", { mode: 0o755 });
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "medassist-cache-"));
    entry = join(folder, "cache", "key");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is complete after publishing, and its workshop is gone", async () => {
    expect(missingFrom(entry, programs)).to.deep.equal(programs);
    await publish(entry, programs, fill);
    expect(missingFrom(entry, programs)).to.deep.equal([]);
    expect(readdirSync(join(folder, "cache"))).to.deep.equal(["key"]);
  });

  it("is not there at all when the work fails, or a program is not made", async () => {
    for (const broken of [() => Promise.reject(new Error("no")), async () => {}]) {
      const failed = await publish(entry, programs, broken).then(
        () => false,
        () => true,
      );
      expect(failed).to.equal(true);
      expect(readdirSync(join(folder, "cache"))).to.deep.equal([]);
    }
  });

  it("is not used when a program was cut short, lost or made unusable since", async () => {
    await publish(entry, programs, fill);
    truncateSync(join(entry, "bin", "two"), 1);
    expect(missingFrom(entry, programs)).to.deep.equal(["two"]);
    rmSync(join(entry, "bin", "two"));
    chmodSync(join(entry, "bin", "one"), 0o644);
    expect(missingFrom(entry, programs)).to.deep.equal(programs);
    await publish(entry, programs, fill);
    expect(missingFrom(entry, programs)).to.deep.equal([]);
  });

  it("sweeps up after a run that was killed", async () => {
    mkdirSync(join(folder, "cache", ".work-1", "half"), { recursive: true });
    await publish(entry, programs, fill);
    expect(existsSync(join(folder, "cache", ".work-1"))).to.equal(false);
  });
});

describe("source files", () => {
  it("leave out pages and what builds generate", () => {
    const folder = mkdtempSync(join(tmpdir(), "medassist-sources-"));
    try {
      mkdirSync(join(folder, "p", "generated"), { recursive: true });
      for (const path of [
        "README.md",
        "p/main.go",
        "p/generated/.gitignore",
        "p/generated/schema.json",
        "p/schema.json",
      ]) {
        writeFileSync(join(folder, path), path);
      }
      const files = sourceFiles(folder);
      expect([...files.keys()].sort()).to.deep.equal(["p/generated/.gitignore", "p/main.go", "p/schema.json"]);
      expect(files.get("p/main.go")).to.equal("p/main.go");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
