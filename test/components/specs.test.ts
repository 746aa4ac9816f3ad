/**
 * The components on a second platform, which only records: everything that it would need is in the specs, and nothing
 * of Docker is. What fails here would fail on a Swarm.
 */
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { NetworkName, ServiceSpec } from "../../components/platform/spec";
import { portNames } from "../../configs/settings";
import { publishes } from "../../scripts/stack/ports";
import { declare, ofKind, type Recorded } from "../support/mocks";
import { tlsPair } from "../support/tlsPair";

const support = join(__dirname, "..", "support");
const program = join(__dirname, "..", "..", "index.ts");
/** Found anywhere in a text if it leaks. */
const stack = "zebra";

type System = typeof import("../support/recordedSystem");

/** Wires the components to the recording platform. */
async function record(config: Readonly<Record<string, string>> = {}): Promise<{ system: System; all: Recorded[] }> {
  const module = join(support, "recordedSystem.ts");
  const all = await declare(module, { "medassist:imageSource": "offline", ...config }, stack);
  return { system: require(module) as System, all };
}

/** Secret files that no tool looks at before they are used, and why that is no loss. */
const unchecked: Readonly<Record<string, string>> = {
  "mysql-secrets": "statements rendered from fixed texts and from passwords of letters and digits (configs/mysql.ts)",
  "redis-secrets": "rules rendered from fixed texts and digests (configs/redis.ts); Redis has no program to check them",
  "api-secrets": "passwords alone",
  "schema-secrets": "a password alone",
  "haproxy-secrets": "HAProxy checks it with haproxy-config, which needs it",
  "frontend-secrets": "Nginx checks it with frontend-config, which needs it",
};

/** A spec as plain data: outputs resolved, resources by name. @throws at anything that is more than data */
async function plain(value: unknown, path: string): Promise<unknown> {
  if (pulumi.Output.isInstance(value)) {
    const text = await new Promise((resolve) => (value as pulumi.Output<unknown>).apply(resolve));
    expect(text, path).to.be.a("string");
    return text;
  }
  if (pulumi.Resource.isInstance(value)) return "a resource";
  expect(value, path).not.to.be.a("function");
  if (Array.isArray(value)) return Promise.all(value.map((v, i) => plain(v, `${path}[${i}]`)));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(async ([key, inner]) => [key, await plain(inner, `${path}.${key}`)]);
  return Object.fromEntries(await Promise.all(entries));
}

describe("what the components ask of a platform", () => {
  let system: System;
  let all: Recorded[];
  let services: ServiceSpec[];
  before(async () => {
    ({ system, all } = await record({ "medassist:replicas": "5" }));
    services = system.platform.services;
  });
  const service = (name: string): ServiceSpec =>
    services.find((s) => s.name === name) ?? expect.fail(`there is no service ${name}`);
  const onNetwork = (host: string, network: NetworkName, who: string): void => {
    expect(service(host).networks, `${who} calls ${host} on ${network}`).to.include(network);
  };

  it("declares no resource of its own but passwords", () => {
    expect([...new Set(all.map((r) => r.type))]).to.deep.equal(["random:index/randomPassword:RandomPassword"]);
    expect(system.platform.parents.every((parent) => pulumi.Resource.isInstance(parent))).to.equal(true);
  });

  it("is plain data", async () => {
    const { platform } = system;
    for (const spec of [...platform.single, ...platform.rollGroups, ...platform.jobs, ...platform.gates]) {
      const data = await plain(spec, spec.name);
      expect(structuredClone(data), spec.name).to.deep.equal(data);
    }
  });

  it("uses plain names: aliases and roles, each once, none after the stack", () => {
    const { platform } = system;
    const unique = (what: string, names: readonly string[]): void => {
      expect(new Set(names).size, `${what}: ${names}`).to.equal(names.length);
      for (const name of names)
        expect(name, what)
          .to.match(/^[a-z][a-z0-9-]*$/)
          .and.not.to.include(stack);
    };
    unique(
      "services and jobs",
      [...services, ...platform.jobs].map((s) => s.name),
    );
    unique(
      "sets of files",
      platform.fileSets.map((set) => set.name),
    );
    unique(
      "data",
      services.flatMap((s) => (s.data ?? []).map((d) => d.name)),
    );
    unique(
      "directories",
      [...new Set(services.flatMap((s) => s.directories ?? []))].map((d) => d.name),
    );
  });

  it("says nothing of Docker, of its names or of its socket", async () => {
    const specs = [...services, ...system.platform.jobs];
    for (const spec of specs) {
      const { files = [], ...rest } = spec;
      const text = JSON.stringify(await plain(rest, spec.name));
      // What the images' own entry points are called is part of their contract, on whatever they run.
      expect(text.replaceAll("docker-entrypoint", ""), spec.name).not.to.match(/docker/i);
      const everything = `${text}${JSON.stringify(await plain(files, spec.name))}`;
      expect(everything, spec.name).not.to.match(
        new RegExp(`docker\\.sock|${stack}[-_]|host\\.docker|--link|unix:///`),
      );
      expect({ ...spec.env, MEDASSIST_STACK: "" }, spec.name).not.to.satisfy((env: Record<string, string>) =>
        Object.values(env).some((value) => value.includes(stack)),
      );
    }
  });

  it("says of every service how it is asked, how much memory it gets and how long it may take to stop", () => {
    for (const spec of services) {
      expect(spec.probe.commandFor(spec.image), spec.name).not.to.be.empty;
      expect(spec.probe.patience.seconds, spec.name).to.be.within(30, 300);
      expect(spec.memory.mebibytes, spec.name).to.be.at.least(16);
      expect(spec.stopGrace.seconds, spec.name).to.be.within(10, 120);
      expect(
        [spec.owner.uid, spec.owner.gid].every((n) => n > 0),
        `${spec.name} runs as root`,
      ).to.equal(true);
    }
  });

  it("says of every set of files who owns it, and how it is checked or why not", () => {
    for (const set of system.platform.fileSets) {
      expect(set.owner.uid, set.name).to.be.above(0);
      expect(set.mount, set.name).to.match(/^\/\w+$/);
      if ("plain" in set.content) expect(set.validate, `${set.name} needs a check`).to.be.an("array");
      else if (!set.validate) expect(unchecked, "secret files without a check").to.have.property(set.name);
      const names = Object.keys("plain" in set.content ? set.content.plain : set.content.secret);
      for (const name of names) expect(name, set.name).to.match(/^([\w-]+\/)?[\w-]+(\.\w+)?$/);
    }
  });

  it("gives a service everything that its files need: their sets, their directories, its own user", () => {
    for (const spec of [...services, ...system.platform.jobs]) {
      const directories = "directories" in spec ? (spec.directories ?? []) : [];
      for (const set of spec.files ?? []) {
        expect(set.owner, `${spec.name} reads ${set.name}`).to.deep.equal(spec.owner);
        expect(set.image, `${spec.name} reads ${set.name}`).to.equal(spec.image);
        for (const needed of set.needs ?? []) expect(spec.files, `${set.name} needs ${needed.name}`).to.include(needed);
        if (set.reload.kind === "socket") expect(directories, set.name).to.include(set.reload.directory);
      }
      const mounts = [...(spec.files ?? []), ...directories].map((m) => m.mount);
      expect(new Set(mounts).size, `${spec.name} mounts ${mounts}`).to.equal(mounts.length);
    }
  });

  it("publishes each port of the settings once, on the address that the settings say, and no other", () => {
    const { settings } = system;
    const published = services.flatMap((s) => s.publish ?? []).map((p) => `${p.address}:${p.external}`);
    expect(published.sort()).to.deep.equal(
      [
        `${settings.publicAddress}:${settings.ports.frontend}`,
        `${settings.publicAddress}:${settings.ports.entry}`,
        `${settings.adminAddress}:${settings.ports.stats}`,
      ].sort(),
    );
    expect(
      portNames.filter((name) => publishes[name]({ ...settings, monitoring: false, logging: false })),
    ).to.have.length(published.length);
    const other = services.flatMap((s) => s.publish ?? []).filter((p) => /^127\.|localhost/.test(p.address));
    expect(
      other.map((p) => p.external),
      "only on this host",
    ).to.deep.equal([settings.ports.stats]);
  });

  it("has a backend and a scrape target for each of five replicas, and one for HAProxy", () => {
    const names = ["api", "api2", "api3", "api4", "api5"];
    const { api, platform } = system;
    expect(platform.rollGroups.map((group) => group.replicas.map((r) => r.name))).to.deep.equal([names]);
    expect(api.backends.map((b) => b.name)).to.deep.equal(names);
    expect(api.scrapeTargets.filter((t) => t.job === "api").map((t) => t.host)).to.deep.equal(names);
    expect(api.scrapeTargets.filter((t) => t.job !== "api").map((t) => t.host)).to.deep.equal(["haproxy"]);
    for (const replica of names) {
      const { env, probe, ...rest } = service(replica);
      const { env: firstEnv, probe: firstProbe, ...first } = service("api");
      expect({ ...rest, name: "api" }, "replicas differ in their name alone").to.deep.equal(first);
      expect({ ...env, MEDASSIST_INSTANCE: "api" }).to.deep.equal(firstEnv);
      expect(probe).to.deep.equal(firstProbe);
      expect(env?.MEDASSIST_INSTANCE).to.equal(replica);
    }
  });

  it("refers to services that are there, on a network that both are on, by ports that they listen on", () => {
    const { api, data } = system;
    for (const target of api.scrapeTargets) onNetwork(target.host, "monitoring", "Prometheus");
    for (const backend of api.backends) {
      onNetwork(backend.host, "medassist", "haproxy");
      expect(service(backend.host).env?.PORT).to.equal(String(backend.port));
    }
    for (const target of api.scrapeTargets) {
      const { question } = service(target.host).probe;
      expect(question.kind === "http" && question.port, target.host).to.equal(target.port);
    }
    for (const account of [...Object.values(data.sql), ...Object.values(data.cache)])
      onNetwork(account.host, "medassist", account.user);
    onNetwork(api.entry.host, "medassist", "frontend");
    const webhook = new URL(api.alertWebhook.url);
    expect([webhook.hostname, webhook.port]).to.deep.equal([api.entry.host, String(api.entry.port)]);
    for (const caller of ["haproxy", "frontend", ...api.backends.map((b) => b.host)])
      onNetwork(caller, "medassist", "itself");
    for (const job of system.platform.jobs) {
      expect(job.networks, job.name).to.include("medassist");
      onNetwork(job.env.MYSQL_HOST ?? "", "medassist", job.name);
    }
    expect(service(service("api").env?.TRUSTED_PROXY ?? "").name).to.equal(api.entry.host);
  });
});

describe("the Docker platform", () => {
  const compare = async (config: Readonly<Record<string, string>>): Promise<void> => {
    const { platform } = (await record(config)).system;
    const containers = ofKind(
      await declare(
        program,
        {
          "medassist:imageSource": "offline",
          "medassist:monitoring": "false",
          "medassist:logging": "false",
          ...config,
        },
        stack,
      ),
      "Container",
    );
    const named = (restart: string): string[] =>
      containers
        .filter((c) => c.inputs.restart === restart)
        .map((c) => String(c.inputs.name))
        .sort();
    const onEngine = (names: readonly string[]): string[] => names.map((name) => `${stack}-${name}`).sort();
    expect(named("unless-stopped")).to.deep.equal(onEngine(platform.services.map((s) => s.name)));
    const once = [...platform.jobs.map((j) => j.name), ...platform.fileSets.map((set) => `${set.name}-loader`)];
    expect(named("no")).to.deep.equal(onEngine(once));
    for (const spec of [...platform.services, ...platform.jobs]) {
      const inputs = containers.find((c) => c.inputs.name === `${stack}-${spec.name}`)?.inputs;
      expect(inputs?.command, spec.name).to.deep.equal(spec.command);
      expect(inputs?.memory, spec.name).to.equal(spec.memory.mebibytes);
    }
  };

  it("declares one container for each recorded service and job, and a loader for each set of files", async () => {
    for (const replicas of ["1", "5"]) await compare({ "medassist:replicas": replicas });
  });

  it("does so with TLS too", async () => {
    const { certificateFile, keyFile, remove } = tlsPair();
    try {
      await compare({ "medassist:tlsCertificateFile": certificateFile, "medassist:tlsKeyFile": keyFile });
    } finally {
      remove();
    }
  });
});
