/** The whole program with everything that watches it, under mocks. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { dump, load } from "js-yaml";
import { parseSettings, portNames, settingsTable } from "../../configs/settings";
import { publishes } from "../../scripts/stack/ports";
import { declare, ofKind, type Recorded } from "../support/mocks";

const program = join(__dirname, "..", "..", "index.ts");
const stack = "zebra";
const declared = (config: Readonly<Record<string, string>> = {}): Promise<Recorded[]> =>
  declare(program, { "medassist:imageSource": "offline", ...config }, stack);

type Inputs = Record<string, unknown>;
const services = (all: readonly Recorded[]): Map<string, Inputs> =>
  new Map(
    ofKind(all, "Container")
      .filter((r) => r.inputs.restart === "unless-stopped")
      .map((r) => [r.name, r.inputs]),
  );
const networksOf = (inputs: Inputs): string[] =>
  ((inputs.networksAdvanced ?? []) as { name: string }[]).map((n) => n.name);
const file = (all: readonly Recorded[], loader: string, name: string): string => {
  const uploads = ofKind(all, "Container").find((r) => r.name === loader)?.inputs.uploads as
    | { file: string; content: string }[]
    | undefined;
  return uploads?.find((u) => u.file === `/staging/${name}`)?.content ?? expect.fail(`${loader} brings no ${name}`);
};
const targetsOf = (all: readonly Recorded[]): Map<string, string[]> => {
  const config = load(file(all, "prometheus-config-loader", "prometheus.yml")) as {
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  };
  return new Map(config.scrape_configs.map((c) => [c.job_name, c.static_configs.flatMap((s) => s.targets)]));
};

/** Who sees anything of the host, and what for. */
const watchHost: Readonly<Record<string, string[]>> = {
  "node-exporter": [],
  cadvisor: ["CAP_SYSLOG"],
  filebeat: ["CAP_DAC_READ_SEARCH"],
};
/** Who runs as root, with no other capability than those: what they read belongs to root. */
const asRoot = ["cadvisor", "filebeat"];
/** Root's group owns the files of the image. */
const inRootsGroup = ["elasticsearch"];

describe("what settings say of being told", () => {
  const secrets = (all: readonly Recorded[], of: string): string[] => {
    const loader = ofKind(all, "Container").find((r) => r.name === `${of}-secrets-loader`);
    const uploads = (loader?.inputs.uploads ?? []) as { file: string }[];
    return uploads.map((u) => u.file).filter((name) => /\/p\d-\d$/.test(name));
  };

  it("gives the recorder the maintenance window, and nothing where none is planned", async () => {
    const window = { kind: "weekly", day: "sunday", start: "02:00", hours: 1, timeZone: "UTC", what: "a", why: "b" };
    const planned = await declared({ "medassist:maintenance": JSON.stringify(window) });
    const env = services(planned).get("incidents")?.envs as string[];
    const text = env.find((line) => line.startsWith("MAINTENANCE="))?.slice("MAINTENANCE=".length) ?? "null";
    expect(JSON.parse(text)).to.deep.equal(window);
    const plain = services(await declared()).get("incidents")?.envs as string[];
    expect(plain.join()).not.to.include("MAINTENANCE=");
  });

  it("brings each receiver's secret to whoever tells it, and to nobody else", async () => {
    const folder = mkdtempSync(join(tmpdir(), "receivers-"));
    const put = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const chat = { kind: "slack", urlFile: put("chat", "https://chat.example/hook") };
    const pager = { kind: "pagerduty", routingKeyFile: put("key", "their-key") };
    const receivers = put("receivers.yml", dump({ p1: [pager, chat], p2: [chat] }));
    const all = await declared({ "medassist:receivers": receivers });
    rmSync(folder, { recursive: true });
    expect(secrets(all, "alertmanager")).to.deep.equal(["/staging/p1-0", "/staging/p1-1", "/staging/p2-0"]);
    expect(secrets(all, "incidents")).to.deep.equal(["/staging/p1-0"]);
    const text = file(all, "alertmanager-config-loader", "alertmanager.yml");
    expect(text)
      .to.include("routing_key_file: /secrets/current/p1-0")
      .and.not.to.match(/their-key|chat\.example/);
  });
});

describe("the watched system", () => {
  let all: Recorded[];
  before(async () => {
    all = await declared();
  });

  it("has what the report asks for", () => {
    expect([...services(all).keys()]).to.include.members([
      "prometheus",
      "alertmanager",
      "pushgateway",
      "node-exporter",
      "cadvisor",
      "mysqld-exporter",
      "redis-exporter",
      "nginx-exporter",
      "blackbox-exporter",
      "incidents",
    ]);
  });

  it("scrapes one target for each replica, and every job that the rules read", async () => {
    const jobs = targetsOf(all);
    expect(jobs.get("api")).to.deep.equal(["api:5000", "api2:5000", "api3:5000"]);
    expect([...jobs.keys()].sort()).to.deep.equal(
      "alertmanager api blackbox cadvisor elasticsearch haproxy incidents log-keeper mysql nginx node probe prometheus pushgateway redis".split(
        " ",
      ),
    );
    const five = await declared({ "medassist:replicas": "5" });
    expect(targetsOf(five).get("api")).to.have.length(5);
  });

  it("scrapes services that are on its network, at ports that they are told to listen on", () => {
    for (const [job, targets] of targetsOf(all)) {
      for (const address of targets) {
        const [host = "", port = ""] = address.split(":");
        const inputs = services(all).get(host === "host.internal" ? "node-exporter" : host);
        if (!inputs) expect.fail(`${job} is scraped at ${address}, and there is no such service`);
        if (host === "host.internal") expect(inputs.networkMode).to.equal("host");
        else expect(networksOf(inputs), job).to.include(`${stack}-monitoring`);
        const said = JSON.stringify([inputs.command, inputs.envs, inputs.healthcheck]);
        expect(said, `${job} at ${address}`).to.include(port);
      }
    }
  });

  it("publishes each port of the settings once, the operators' on the loopback address", () => {
    const published = [...services(all).values()].flatMap((i) => i.ports as { external: number; ip: string }[]);
    // The same that an `up` looks at before it begins, so that nobody else's port stops it for nothing.
    const found = { stack, imageSourceFound: "offline", readFile: () => "" } as const;
    const settings = parseSettings({}, found);
    const expected = portNames
      .filter((name) => publishes[name](settings))
      .map((name) => {
        const address = name === "frontend" || name === "entry" ? "0.0.0.0" : "127.0.0.1";
        return `${address}:${settingsTable[`${name}Port`].default}`;
      });
    expect(published.map((p) => `${p.ip}:${p.external}`).sort()).to.deep.equal(expected.sort());
  });

  it("lets the node exporter listen on the host's address in the stack's own network, and nowhere else", () => {
    expect(services(all).get("node-exporter")?.command).to.include("--web.listen-address=172.30.0.1:9100");
    expect(services(all).get("prometheus")?.hosts).to.deep.equal([{ host: "host.internal", ip: "172.30.0.1" }]);
  });

  it("holds everything that watches to the house rules", () => {
    for (const [name, inputs] of services(all)) {
      const sees = watchHost[name];
      expect(inputs.readOnly, name).to.equal(true);
      expect(inputs.capabilities, name).to.deep.equal({ drops: ["ALL"], ...(sees?.length ? { adds: sees } : {}) });
      expect(inputs.securityOpts, name).to.include("no-new-privileges:true");
      expect(inputs.memory, name).to.be.greaterThan(0);
      expect(inputs.memorySwap, name).to.equal(inputs.memory);
      expect(inputs.destroyGraceSeconds, name).to.be.at.least(5);
      expect(inputs, name).not.to.have.any.keys("mounts", "privileged", "wait");
      if (!asRoot.includes(name))
        expect(inputs.user, name).to.match(inRootsGroup.includes(name) ? /^[1-9]\d*:0$/ : /^[1-9]\d*:[1-9]\d*$/);
      const host = (inputs.volumes as { hostPath?: string; readOnly?: boolean }[]).filter((v) => v.hostPath);
      expect(
        host.every((v) => v.readOnly),
        `${name} cannot change the host`,
      ).to.equal(true);
      if (!sees) expect(host, `${name} sees nothing of the host`).to.deep.equal([]);
    }
  });

  it("asks what is not on the patients' path every 30 s, and does not wait for it", () => {
    for (const [name, inputs] of services(all)) {
      const check = inputs.healthcheck as { interval: string };
      // An `up` waits for the log keeper, which says whether lines can be stored, and for Filebeat, which brings them.
      const awaited = /^(api\d*|haproxy|frontend|mysql|redis|log-keeper|filebeat)$/.test(name);
      expect(check.interval, name).to.equal(awaited ? "5s" : "30s");
    }
  });

  it("delivers every password as a secret file, and puts none anywhere else", () => {
    for (const { name, secretInputs, inputs } of ofKind(all, "Container")) {
      const isSecret = name.endsWith("-secrets-loader");
      expect(secretInputs, name).to.deep.equal(isSecret ? ["uploads"] : []);
      expect(JSON.stringify({ ...inputs, uploads: isSecret ? [] : inputs.uploads }), name).not.to.include("S3cret");
    }
  });

  it("names everything after the stack, nothing twice, and leaves no undefined value in any text", () => {
    for (const kind of ["Container", "Volume", "Network"]) {
      const names = ofKind(all, kind).map((r) => String(r.inputs.name));
      expect(names, kind).to.satisfy((list: string[]) => list.every((n) => n.startsWith(`${stack}-`)));
      expect(new Set(names).size, kind).to.equal(names.length);
    }
    // The program that Filebeat runs is JavaScript, and says `undefined` itself.
    const texts = JSON.stringify(all.filter((r) => r.name !== "filebeat-config-loader").map((r) => r.inputs));
    expect(texts).not.to.match(/undefined|\[object|Calling \[toString\]|NaN|\{host-address\}/);
  });

  it("keeps what was measured and recorded when the stack is taken down", () => {
    const frozen = ofKind(all, "Volume").filter((v) => v.inputs.labels);
    expect(frozen.map((v) => v.inputs.name)).to.include.members(
      ["prometheus", "alertmanager", "pushgateway", "incidents"].map((name) => `${stack}-${name}-data`),
    );
  });

  it("is not there when settings say so", async () => {
    const without = await declared({ "medassist:monitoring": "false", "medassist:logging": "false" });
    expect([...services(without).keys()].sort()).to.deep.equal("api api2 api3 frontend haproxy mysql redis".split(" "));
  });
});
