import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { mendStateFiles } from "../../scripts/stack/stateFiles";

describe("the state files of a killed command", () => {
  let state: string;
  let file: string;
  const lines: string[] = [];
  const log = { line: (text: string) => lines.push(text) } as unknown as Parameters<typeof mendStateFiles>[2];

  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), "medassist-state-"));
    const folder = join(state, ".pulumi", "stacks", "medassist");
    mkdirSync(folder, { recursive: true });
    file = join(folder, "dev.json");
    lines.length = 0;
    for (const [name, text] of Object.entries({
      "": '{"now":1}',
      ".attrs": '{"md5":"a"}',
      ".bak": '{"before":1}',
      ".bak.attrs": '{"md5":"b"}',
    }))
      writeFileSync(`${file}${name}`, text);
  });
  afterEach(() => rmSync(state, { recursive: true }));

  it("are left alone when they can be read", () => {
    mendStateFiles(state, "dev", log);
    expect(readFileSync(file, "utf8")).to.equal('{"now":1}');
    expect(existsSync(`${file}.attrs`) && existsSync(`${file}.bak.attrs`)).to.equal(true);
    expect(lines).to.deep.equal([]);
  });

  it("lose notes that were cut off, and nothing else", () => {
    writeFileSync(`${file}.attrs`, "");
    mendStateFiles(state, "dev", log);
    expect(existsSync(`${file}.attrs`)).to.equal(false);
    expect(existsSync(`${file}.bak.attrs`)).to.equal(true);
    expect(readFileSync(file, "utf8")).to.equal('{"now":1}');
  });

  it("go back one step, and say so, when the state itself was cut off", () => {
    writeFileSync(file, '{"no');
    mendStateFiles(state, "dev", log);
    expect(readFileSync(file, "utf8")).to.equal('{"before":1}');
    expect(lines.join()).to.include("one step before");
  });

  it("need not exist", () => {
    expect(() => mendStateFiles(state, "other", log)).not.to.throw();
  });
});
