import * as pulumi from "@pulumi/pulumi";
import { renderBlackbox } from "../configs/blackbox";
import { mysqldExporterLogin, redisExporterPasswords } from "../configs/exporters";
import { ports } from "../configs/ports";
import { type CacheAccount, metricsOf, type ProbeTarget, type ScrapeTarget, type SqlAccount } from "../configs/roles";
import { MiB, seconds } from "../configs/units";
import type { WithPassword } from "./DataStores";
import type { Platform, Ready } from "./platform/platform";
import { Probe, unhurried } from "./platform/probe";
import type { FileSet, ServiceSpec } from "./platform/spec";

export interface ExportersArgs {
  readonly platform: Platform;
  readonly sql: WithPassword<SqlAccount>;
  readonly cache: WithPassword<CacheAccount>;
  /** Nginx's counters, as the containers reach them. */
  readonly nginxStatus: string;
  /** Entrances that are asked as a patient would. */
  readonly probes: readonly ProbeTarget[];
}

/** Programs that translate what MySQL, Redis, Nginx and the entrances say into metrics. */
export class Exporters extends pulumi.ComponentResource {
  readonly scrapeTargets: readonly ScrapeTarget[];
  readonly ready: readonly Ready[];

  constructor(name: string, args: ExportersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("medassist:index:Exporters", name, {}, opts);
    const { platform, sql, cache, nginxStatus, probes } = args;
    const blackbox = blackboxExporter();
    const services = [mysqldExporter(sql), redisExporter(cache), nginxExporter(nginxStatus), blackbox];

    this.scrapeTargets = [
      metricsOf("mysql", "mysqld-exporter", ports.mysqldExporter),
      metricsOf("redis", "redis-exporter", ports.redisExporter),
      metricsOf("nginx", "nginx-exporter", ports.nginxExporter),
      metricsOf("blackbox", blackbox.name, ports.blackboxExporter),
      ...probes.map((probe) => ({
        ...metricsOf("probe", blackbox.name, ports.blackboxExporter),
        path: "/probe",
        interval: seconds(5),
        labels: { instance: probe.name, probe: probe.name, __param_module: probe.module, __param_target: probe.url },
      })),
    ];
    this.ready = services.map((spec) => platform.service(spec, { parent: this }));
    this.registerOutputs({});
  }
}

const nobody = { uid: 65534, gid: 65534 };
const secretsMount = "/secrets";

/** What all exporters have in common. */
const exporter = (
  name: string,
  port: number,
): Pick<ServiceSpec, "name" | "networks" | "probe" | "awaited" | "memory" | "stopGrace"> => ({
  name,
  networks: ["medassist", "monitoring"],
  probe: Probe.http("/metrics", port, unhurried),
  awaited: false,
  memory: MiB(64),
  stopGrace: seconds(5),
});

function mysqldExporter(account: WithPassword<SqlAccount>): ServiceSpec {
  const secrets: FileSet = {
    name: "mysqld-exporter-secrets",
    image: "mysqldExporter",
    owner: nobody,
    mount: secretsMount,
    content: { secret: { "my.cnf": account.password.apply((text) => mysqldExporterLogin(account, text)) } },
    reload: { kind: "restart" },
  };
  return {
    ...exporter("mysqld-exporter", ports.mysqldExporter),
    image: "mysqldExporter",
    command: [
      `--config.my-cnf=${secretsMount}/current/my.cnf`,
      `--web.listen-address=:${ports.mysqldExporter}`,
      // When it starts, it tells its builder's address, which looks like a patient's in the log.
      "--log.level=warn",
      // There is no replica, and MariaDB refuses the question without one right more.
      "--no-collect.slave_status",
    ],
    owner: nobody,
    files: [secrets],
    // Its page of metrics asks MySQL: the front page is enough to tell whether the exporter itself is well.
    probe: Probe.http("/", ports.mysqldExporter, unhurried),
  };
}

function redisExporter(account: WithPassword<CacheAccount>): ServiceSpec {
  const owner = { uid: 59000, gid: 59000 };
  const url = `redis://${account.host}:${account.port}`;
  const secrets: FileSet = {
    name: "redis-exporter-secrets",
    image: "redisExporter",
    owner,
    mount: secretsMount,
    content: {
      secret: { "passwords.json": account.password.apply((text) => redisExporterPasswords(url, account.user, text)) },
    },
    reload: { kind: "restart" },
  };
  return {
    ...exporter("redis-exporter", ports.redisExporter),
    image: "redisExporter",
    env: {
      REDIS_ADDR: url,
      REDIS_USER: account.user,
      REDIS_PASSWORD_FILE: `${secretsMount}/current/passwords.json`,
      // What its account may not ask, and need not.
      REDIS_EXPORTER_SET_CLIENT_NAME: "false",
      REDIS_EXPORTER_EXCLUDE_LATENCY_HISTOGRAM_METRICS: "true",
    },
    owner,
    files: [secrets],
    probe: Probe.http("/health", ports.redisExporter, unhurried),
  };
}

function nginxExporter(status: string): ServiceSpec {
  return {
    ...exporter("nginx-exporter", ports.nginxExporter),
    image: "nginxExporter",
    command: [`--nginx.scrape-uri=${status}`, `--web.listen-address=:${ports.nginxExporter}`],
    owner: { uid: 1001, gid: 1001 },
    probe: Probe.running(),
  };
}

function blackboxExporter(): ServiceSpec {
  const name = "blackbox-exporter";
  const config: FileSet = {
    name: "blackbox-config",
    image: "blackboxExporter",
    owner: nobody,
    mount: "/config",
    content: { plain: { "blackbox.yml": renderBlackbox() } },
    validate: ["blackbox_exporter", "--config.check", "--config.file=blackbox.yml"],
    reload: { kind: "http", network: "monitoring", url: `http://${name}:${ports.blackboxExporter}/-/reload` },
  };
  return {
    ...exporter(name, ports.blackboxExporter),
    image: "blackboxExporter",
    command: [`--config.file=${config.mount}/current/blackbox.yml`, `--web.listen-address=:${ports.blackboxExporter}`],
    owner: nobody,
    files: [config],
    probe: Probe.http("/-/healthy", ports.blackboxExporter, unhurried),
  };
}
