/** The whole program under mocks: what it declares, and the house rules on every resource. */
import { join } from "node:path";
import { expect } from "chai";
import { labelKeys } from "../../configs/labels";
import { declare, ofKind, type Recorded } from "../support/mocks";
import { tlsPair } from "../support/tlsPair";

const program = join(__dirname, "..", "..", "index.ts");
/** The application path; what watches it is in monitoring.test.ts. */
const offline = {
  "medassist:imageSource": "offline",
  "medassist:monitoring": "false",
  "medassist:logging": "false",
};

interface Upload {
  file: string;
  content: string;
}

const container = (all: readonly Recorded[], name: string): Record<string, unknown> => {
  const found = ofKind(all, "Container").find((r) => r.name === name);
  if (!found) throw new Error(`no container ${name} was declared`);
  return found.inputs;
};
const uploads = (all: readonly Recorded[], loader: string): Upload[] => container(all, loader).uploads as Upload[];
const services = (all: readonly Recorded[]): Recorded[] =>
  ofKind(all, "Container").filter((r) => r.inputs.restart === "unless-stopped");

describe("the program", () => {
  let all: Recorded[];
  before(async () => {
    all = await declare(program, offline);
  });

  it("declares the services of the report, and three replicas of the API", () => {
    expect(
      services(all)
        .map((r) => r.name)
        .sort(),
    ).to.deep.equal(["api", "api2", "api3", "frontend", "haproxy", "mysql", "redis"]);
  });

  it("turns a number of replicas into as many containers and HAProxy servers", async () => {
    const five = await declare(program, { ...offline, "medassist:replicas": "5" });
    const names = ["api", "api2", "api3", "api4", "api5"];
    expect(services(five).map((r) => r.name)).to.include.members(names);
    const config = uploads(five, "haproxy-config-loader")[0]?.content ?? "";
    const servers = names.map((n) => `  server ${n} ${n}:5000 maxconn 64`);
    const tracking = names.map((n) => `  server ${n} ${n}:5000 track api/${n}`);
    expect(config.match(/^ {2}server .+$/gm)).to.deep.equal([...servers, ...tracking]);
    expect(services(five)).to.have.length(9);
  });

  it("publishes the patients' two ports, and the operators' on the loopback address only", () => {
    const published = services(all).flatMap((r) => r.inputs.ports as { external: number; ip: string }[]);
    expect(published.map((p) => `${p.ip}:${p.external}`).sort()).to.deep.equal([
      "0.0.0.0:8080",
      "0.0.0.0:8081",
      "127.0.0.1:8404",
    ]);
  });

  it("keeps what only the application needs off the network monitoring", () => {
    const onMonitoring = ofKind(all, "Container").filter((r) => networksOf(r).includes("unit-monitoring"));
    expect(onMonitoring.map((r) => r.name).sort()).to.deep.equal(["api", "api2", "api3", "haproxy"]);
  });

  it("names everything after the stack, and nothing twice", () => {
    for (const kind of ["Container", "Volume", "Network"]) {
      const names = ofKind(all, kind).map((r) => String(r.inputs.name));
      expect(names, kind).to.satisfy((list: string[]) => list.every((n) => n.startsWith("unit-")));
      expect(new Set(names).size, kind).to.equal(names.length);
    }
    const ports = services(all).flatMap((r) => (r.inputs.ports as { external: number }[]).map((p) => p.external));
    expect(new Set(ports).size).to.equal(ports.length);
  });

  it("runs every image by its digest or by the id of what was built here", () => {
    for (const r of ofKind(all, "Container")) expect(r.inputs.image, r.name).to.match(/^sha256:/);
    for (const r of ofKind(all, "RemoteImage")) {
      expect(r.inputs.name, r.name).to.match(/@sha256:[0-9a-f]{64}$|^medassist\/[a-z]+:[0-9a-f]{12}$/);
      expect(r.inputs.keepLocally, r.name).to.equal(true);
    }
  });

  it("pulls by digest where a registry is there", async () => {
    const pulled = ofKind(await declare(program, { ...offline, "medassist:imageSource": "registry" }), "RemoteImage");
    for (const name of ["mysql-image", "redis-image", "haproxy-image", "nginx-image", "python-image"]) {
      const image = pulled.find((r) => r.name === name);
      expect(image?.inputs.name, name).to.match(/@sha256:[0-9a-f]{64}$/);
      expect(image?.inputs, name).not.to.have.property("build");
    }
  });

  it("holds every service to the house rules", () => {
    for (const { name, inputs } of services(all)) {
      expect(inputs.readOnly, name).to.equal(true);
      expect(inputs.capabilities, name).to.deep.equal({ drops: ["ALL"] });
      expect(inputs.securityOpts, name).to.deep.equal(["no-new-privileges:true"]);
      expect(inputs.user, name).to.match(/^[1-9]\d*:[1-9]\d*$/);
      expect(inputs.memory, name).to.be.greaterThan(0);
      expect(inputs.memorySwap, name).to.equal(inputs.memory);
      expect(inputs.destroyGraceSeconds, name).to.be.at.least(10);
      expect(inputs.logOpts, name).to.deep.equal({
        "max-size": "10m",
        "max-file": "3",
        labels: "medassist.stack,medassist.service,medassist.role,medassist.networks",
      });
      expect(inputs, name).not.to.have.any.keys("mounts", "privileged", "wait");
    }
  });

  it("labels every container with all that is to stand beside the lines of its log", () => {
    for (const { name, inputs } of ofKind(all, "Container")) {
      const labels = Object.fromEntries(
        (inputs.labels as { label: string; value: string }[]).map(({ label, value }) => [label, value]),
      );
      const { labels: written } = inputs.logOpts as { labels: string };
      for (const label of written.split(",")) expect(labels[label], `${label} of ${name}`).to.match(/./);
    }
    const networks = (name: string) =>
      (container(all, name).labels as { label: string; value: string }[]).find((l) => l.label === labelKeys.networks)
        ?.value;
    expect(networks("haproxy")).to.equal("medassist,monitoring");
    expect(networks("mysql")).to.equal("medassist");
    expect(networks("haproxy-config-loader")).to.equal("none");
  });

  it("gives loaders no more than they need, and jobs nothing", () => {
    const once = ofKind(all, "Container").filter((r) => r.inputs.restart === "no");
    expect(once.map((r) => r.name).sort()).to.deep.equal([
      "api-secrets-loader",
      "frontend-config-loader",
      "haproxy-config-loader",
      "haproxy-secrets-loader",
      "mysql-secrets-loader",
      "redis-secrets-loader",
      "schema",
      "schema-secrets-loader",
    ]);
    for (const { name, inputs } of once) {
      const loader = name.endsWith("-loader");
      expect(inputs.capabilities, name).to.deep.equal(
        loader ? { drops: ["ALL"], adds: ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"] } : { drops: ["ALL"] },
      );
      expect(inputs.mustRun, name).to.equal(false);
      if (loader) expect(inputs.networkMode, name).to.equal("none");
    }
  });

  it("writes durations in Go's canonical form", () => {
    for (const { name, inputs } of services(all)) {
      const check = inputs.healthcheck as Record<string, unknown>;
      for (const key of ["interval", "timeout", "startPeriod"])
        expect(check[key], `${name}.${key}`).to.match(/^(\d+h)?(\d+m)?\d+s$/);
      expect(check.interval, name).to.equal("5s");
    }
  });

  it("delivers every password as a secret file, and puts none anywhere else", () => {
    const passwords = ofKind(all, "RandomPassword").map((r) => r.name);
    expect(passwords).to.have.length(9);
    for (const { name, secretInputs, inputs } of ofKind(all, "Container")) {
      const expected = name.endsWith("-secrets-loader") ? ["uploads"] : [];
      expect(secretInputs, name).to.deep.equal(expected);
      const open = JSON.stringify({ ...inputs, uploads: name.endsWith("-secrets-loader") ? [] : inputs.uploads });
      expect(open, name).not.to.include("S3cret");
    }
  });

  it("delivers secrets with mode 0400 to the service's own user", () => {
    expect(container(all, "mysql-secrets-loader").command).to.include.members(["999:999", "0400", "/secrets"]);
    expect(container(all, "api-secrets-loader").command).to.include.members(["10001:10001", "0400"]);
    expect(container(all, "haproxy-config-loader").command).to.include.members(["99:99", "0444", "haproxy", "-c"]);
  });

  it("leaves no undefined value and no object in any text", () => {
    const text = JSON.stringify(all.map((r) => r.inputs));
    expect(text).not.to.match(/undefined|\[object|Calling \[toString\]|NaN/);
  });

  it("protects data volumes from a change of labels by naming them after the stack alone", () => {
    expect(
      ofKind(all, "Volume")
        .filter((v) => v.inputs.labels)
        .map((v) => v.inputs.name),
    ).to.have.members(["unit-mysql-data", "unit-redis-data"]);
  });

  it("replaces a service when a secret changes that it reads only at its start", async () => {
    const before = container(all, "mysql").labels as { label: string; value: string }[];
    const label = before.find((l) => l.label.startsWith("medassist.files."));
    expect(label?.value).to.match(/^[0-9a-f]{16}$/);
    expect(container(all, "haproxy").labels, "HAProxy reloads instead").to.have.length(4);
  });

  it("serves TLS on both public ports when a certificate is set, and delivers its key as a secret", async () => {
    const files = tlsPair();
    const tls = await declare(program, {
      ...offline,
      "medassist:tlsCertificateFile": files.certificateFile,
      "medassist:tlsKeyFile": files.keyFile,
    });
    files.remove();
    expect(uploads(tls, "haproxy-config-loader")[0]?.content).to.include(
      "bind :8081 ssl crt /secrets/current/entry.pem",
    );
    expect(uploads(tls, "frontend-config-loader")[0]?.content).to.include("listen 8080 ssl;");
    const secrets = ofKind(tls, "Container").filter((r) =>
      ["haproxy-secrets-loader", "frontend-secrets-loader"].includes(r.name),
    );
    expect(secrets.map((r) => r.secretInputs)).to.deep.equal([["uploads"], ["uploads"]]);
    expect(JSON.stringify(secrets.map((r) => r.inputs.uploads))).to.include("PRIVATE KEY");
  });

  it("refuses a wrong setting before anything is declared", async () => {
    let message = "";
    try {
      await declare(program, { "medassist:replicas": "0" });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).to.include('medassist:replicas is "0": allowed is a whole number from 1 to 50');
  });
});

function networksOf(r: Recorded): string[] {
  return ((r.inputs.networksAdvanced ?? []) as { name: string }[]).map((n) => n.name);
}
