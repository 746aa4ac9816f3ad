/** Kibana, and Grafana's way to the logs, as they are asked of a platform. Neither image can be had here. */
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { load } from "js-yaml";
import type { FileSet } from "../../components/platform/spec";
import { declare } from "../support/mocks";

type System = typeof import("../support/recordedReaders");
const module = join(__dirname, "..", "support", "recordedReaders.ts");

const textsOf = async ({ content }: FileSet): Promise<Record<string, string>> => {
  if ("plain" in content) return { ...content.plain };
  const known = Object.entries(content.secret).map(
    async ([name, output]) =>
      [name, await new Promise<string>((resolve) => (output as pulumi.Output<string>).apply(resolve))] as const,
  );
  return Object.fromEntries(await Promise.all(known));
};

describe("Kibana and Grafana with logs", () => {
  let system: System;
  before(async () => {
    await declare(module, { "medassist:imageSource": "registry", "medassist:kibanaPort": "15601" }, "zebra");
    system = require(module) as System;
  });
  const service = (name: string) => system.platform.single.find((s) => s.name === name) ?? expect.fail(`no ${name}`);
  const set = (name: string): FileSet =>
    system.platform.fileSets.find((s) => s.name === name) ?? expect.fail(`no files ${name}`);

  it("Kibana's passwords and keys are in a secret file alone, each key its own", async () => {
    const { env = {}, command = [], files } = service("kibana");
    expect(files?.map((s) => s.name)).to.deep.equal(["kibana-secrets"]);
    expect(JSON.stringify({ env, command })).not.to.match(/S3cret/);
    expect(set("kibana-secrets").content).to.have.property("secret");
    const texts = await textsOf(set("kibana-secrets"));
    expect(texts["ca.crt"]).to.equal("certificate of the authority");
    const config = load(texts["kibana.yml"] ?? "") as Record<string, string>;
    expect(config).to.deep.include({
      "elasticsearch.username": "kibana_system",
      "elasticsearch.password": "S3cret of kibana_system",
      "elasticsearch.ssl.certificateAuthorities": ["/secrets/current/ca.crt"],
      "server.publicBaseUrl": "http://127.0.0.1:15601",
    });
    const keys = Object.entries(config).filter(([name]) => name.endsWith("encryptionKey"));
    expect(new Set(keys.map(([, key]) => key)).size).to.equal(3);
    expect(env).to.include({ KBN_PATH_CONF: "/secrets/current" });
  });

  it("is published for operators, and for nobody else", () => {
    expect(service("kibana").publish).to.deep.equal([{ internal: 5601, external: 15601, address: "127.0.0.1" }]);
    expect(service("kibana").networks).to.deep.equal(["monitoring"]);
  });

  it("the dashboards are imported by a job that runs again when they change, as somebody who may", async () => {
    const [job] = system.platform.jobs;
    expect(job?.files.map((s) => s.name)).to.deep.equal(["kibana-objects", "kibana-login"]);
    expect(job?.env.OBJECTS).to.match(/^[0-9a-f]{64}$/);
    expect(job?.command.slice(-3)).to.deep.equal([
      "/secrets/current/login",
      "/objects/current/dashboards.ndjson",
      "http://kibana:5601",
    ]);
    expect(JSON.stringify([job?.command, job?.env])).not.to.match(/S3cret/);
    expect(await textsOf(set("kibana-login"))).to.deep.equal({
      login: 'user = "medassist_admin:S3cret of medassist_admin"\n',
    });
    expect((await textsOf(set("kibana-objects")))["dashboards.ndjson"]).to.match(/^\{"type":"index-pattern"/);
  });

  it("Grafana reads the logs by files: the password is not in its provisioning", async () => {
    const secrets = await textsOf(set("grafana-secrets"));
    expect(secrets).to.include({
      "logs-password": "S3cret of log_reader",
      "logs-ca.crt": "certificate of the authority",
    });
    const config = await textsOf(set("grafana-config"));
    const sources = config["datasources/prometheus.yml"] ?? "";
    expect(sources)
      .to.include("$__file{/secrets/current/logs-password}")
      .and.not.match(/S3cret/);
    expect(config["boards/red.json"]).to.include("/explore?");
    expect(service("grafana").env).to.include({ GF_PLUGINS_PREINSTALL_AUTO_UPDATE: "false" });
  });
});
