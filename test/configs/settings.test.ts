import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { load } from "js-yaml";
import {
  parseSettings,
  projectName,
  type SettingKey,
  type Settings,
  type SettingsContext,
  SettingsError,
  settingsTable,
} from "../../configs/settings";
import { tlsPair } from "../support/tlsPair";

const root = join(__dirname, "..", "..");
const context: SettingsContext = {
  stack: "unit",
  imageSourceFound: undefined,
  readFile: (path) => {
    throw new Error(`there is no file ${path}`);
  },
};
const parse = (raw: Record<string, string>, over: Partial<SettingsContext> = {}): Settings =>
  parseSettings(raw, { ...context, ...over });

function problemsOf(raw: Record<string, string>, over: Partial<SettingsContext> = {}): readonly string[] {
  try {
    parse(raw, over);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe("settings", () => {
  it("have the defaults of the report", () => {
    const settings = parse({});
    expect(settings.replicas).to.equal(3);
    expect(settings.ports).to.include({ frontend: 8080, entry: 8081, stats: 8404, prometheus: 9090, grafana: 3000 });
    expect(settings.metrics.retention.seconds / 86_400).to.equal(40);
    expect(settings.protectData).to.equal(true);
    expect(settings.memory.mysql.mebibytes).to.equal(512);
    expect(settings.tls).to.equal(undefined);
  });

  it("are frozen to the depth", () => {
    const settings = parse({}) as { replicas: number; ports: { entry: number } };
    expect(() => {
      settings.replicas = 4;
    }).to.throw(TypeError);
    expect(() => {
      settings.ports.entry = 1;
    }).to.throw(TypeError);
  });

  it("take exactly 1 to 50 replicas", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), (n) => {
        const problems = problemsOf({ replicas: String(n) });
        if (n >= 1 && n <= 50) expect(problems).to.deep.equal([]);
        else expect(problems).to.deep.equal([`medassist:replicas is "${n}": allowed is a whole number from 1 to 50`]);
      }),
    );
  });

  it("never take a text that is no number for a number", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/^-?\d+$/.test(text)),
        fc.constantFrom(
          ...(Object.keys(settingsTable) as SettingKey[]).filter((k) => settingsTable[k].type === "integer"),
        ),
        (text, key) => {
          expect(problemsOf({ [key]: text })).to.deep.equal([
            `medassist:${key} is "${text}": allowed is ${settingsTable[key].allowed}`,
          ]);
        },
      ),
    );
  });

  it("name every wrong key at once, with its value and what is allowed", () => {
    const problems = problemsOf({ replicas: "0", protectData: "yes", publicAddress: "localhost", apiMemory: "1" });
    expect(problems).to.have.length(4);
    expect(problems.join("\n")).to.include('medassist:publicAddress is "localhost": allowed is an IPv4 address');
  });

  it("refuse an unknown key, and say what it was probably meant to be", () => {
    expect(problemsOf({ Replicas: "3" })).to.deep.equal([
      "medassist:Replicas is unknown. Did you mean medassist:replicas?",
    ]);
    expect(problemsOf({ toString: "3" })[0]).to.match(/^medassist:toString is unknown\. Allowed are: replicas, /);
  });

  it("refuse the same port twice", () => {
    expect(problemsOf({ entryPort: "8080" })).to.deep.equal([
      "medassist:frontendPort and entryPort are 8080: allowed is each port once",
    ]);
  });

  it("refuse a heap that leaves Elasticsearch no memory outside of it", () => {
    expect(problemsOf({ elasticsearchHeap: "700" })).to.deep.equal([
      "medassist:elasticsearchHeap is 700 MiB: allowed is at most half of elasticsearchMemory, 1331 MiB, since the other half is for what is outside of the heap",
    ]);
    expect(problemsOf({ elasticsearchHeap: "600", elasticsearchMemory: "1200" })).to.deep.equal([]);
  });

  it("refuse a stack name that no container could be named after", () => {
    for (const stack of ["Dev", "9lives", "a_b", "x".repeat(31), ""])
      expect(problemsOf({}, { stack })[0], stack).to.include(`"${stack}"`);
  });

  it("take both files of a certificate, or neither", () => {
    const [own, other] = [tlsPair(), tlsPair()];
    const read: Partial<SettingsContext> = { readFile: (path) => readFileSync(path, "utf8") };
    const problems = (tlsCertificateFile: string, tlsKeyFile: string) =>
      problemsOf({ tlsCertificateFile, tlsKeyFile }, read).join();
    const pair = { tlsCertificateFile: own.certificateFile, tlsKeyFile: own.keyFile };
    expect(parse(pair, read).tls?.key).to.include("PRIVATE KEY");
    expect(problems(own.certificateFile, "")).to.include("medassist:tlsKeyFile is empty");
    expect(problems(own.certificateFile, own.certificateFile)).to.include("can be read as PEM");
    expect(problems(own.certificateFile, other.keyFile)).to.include("it is not the key of");
    expect(problems("/none.crt", own.keyFile)).to.include('medassist:tlsCertificateFile is "/none.crt": ENOENT');
    own.remove();
    other.remove();
  });

  it("take from a finding where images come from, unless they are told", () => {
    expect(parse({}).imageSource).to.equal("registry");
    expect(parse({}, { imageSourceFound: "offline" }).imageSource).to.equal("offline");
    expect(parse({ imageSource: "registry" }, { imageSourceFound: "offline" }).imageSource).to.equal("registry");
  });

  it("are declared alike in Pulumi.yaml and in the README's table", () => {
    const project = load(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as {
      config: Record<string, { type: string; default: unknown; description: string }>;
    };
    const readme = readFileSync(join(root, "README.md"), "utf8");
    expect(Object.keys(project.config)).to.deep.equal(Object.keys(settingsTable).map((key) => `${projectName}:${key}`));
    for (const [key, setting] of Object.entries(settingsTable)) {
      const declared = project.config[`${projectName}:${key}`];
      expect([declared?.type, String(declared?.default), declared?.description], key).to.deep.equal([
        setting.type,
        setting.default,
        setting.description,
      ]);
      expect(readme).to.include(
        `| \`${key}\` | ${setting.default === "" ? "(empty)" : `\`${setting.default}\``} | ${setting.description} | ${setting.allowed} |`,
      );
    }
  });
});
