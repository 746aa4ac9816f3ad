import * as pulumi from "@pulumi/pulumi";
import type { Alert } from "../configs/alerts/alert";
import { loggingAlerts } from "../configs/alerts/logging";
import {
  elasticsearchCommand,
  elasticsearchFiles,
  elasticsearchHost,
  heapOptions,
  renderAdmin,
  renderDesired,
  renderElasticsearch,
} from "../configs/elasticsearch";
import {
  containersFolder,
  dataFolder,
  pipelineFile,
  pipelineText,
  renderFilebeat,
  renderFilebeatOutput,
} from "../configs/filebeat";
import { type LogAccount, logAccounts, logAdmin, logUsers } from "../configs/logs/streams";
import { ports } from "../configs/ports";
import type { LogSource, ScrapeTarget } from "../configs/roles";
import type { Settings } from "../configs/settings";
import { MiB, minutes, seconds } from "../configs/units";
import { reachableHost } from "../configs/urls";
import { type ServerCertificate, serverCertificate } from "./certificates";
import { password } from "./passwords";
import type { Platform, Ready } from "./platform/platform";
import { Probe, unhurried } from "./platform/probe";
import type { FileSet, SecretText, ServiceSpec } from "./platform/spec";

export interface LoggingStackArgs {
  readonly platform: Platform;
  readonly settings: Settings;
  /** What the other components expose. */
  readonly sources: readonly LogSource[];
}

type Passwords = Readonly<Record<LogAccount, SecretText>>;

/** Elasticsearch, Filebeat that fills it, and the keeper that makes streams and users, deletes what is old, and measures. */
export class LoggingStack extends pulumi.ComponentResource {
  readonly scrapeTargets: readonly ScrapeTarget[];
  readonly alerts: readonly Alert[] = loggingAlerts;
  /** How people and programs on this host search; who trusts `ca` trusts Elasticsearch. */
  readonly reader: {
    readonly url: string;
    readonly user: string;
    readonly password: SecretText;
    readonly ca: pulumi.Output<string>;
  };
  /** Passwords by user, for Kibana. */
  readonly passwords: Passwords;
  readonly ready: readonly Ready[];

  constructor(name: string, { platform, settings, sources }: LoggingStackArgs, opts?: pulumi.ComponentResourceOptions) {
    super("medassist:index:LoggingStack", name, {}, opts);
    const certificate = serverCertificate(elasticsearchHost, [elasticsearchHost, "localhost"], this);
    const made = Object.fromEntries(
      logAccounts.map((account) => [account, password(`logs-${account}`, settings.secretsEpoch, this)]),
    ) as Record<LogAccount, ReturnType<typeof password>>;
    this.passwords = Object.fromEntries(logAccounts.map((a) => [a, made[a].result])) as Record<LogAccount, SecretText>;
    const all = [...sources, ...own];

    this.reader = {
      url: `https://${reachableHost(settings.adminAddress)}:${settings.ports.elasticsearch}`,
      user: logUsers.reader.name,
      password: this.passwords[logUsers.reader.name],
      ca: certificate.authority,
    };
    this.scrapeTargets = [
      target("log-keeper", keeperName, ports.logKeeper),
      target("elasticsearch", exporterName, ports.elasticsearchExporter),
    ];
    this.ready = [
      elasticsearch(settings, certificate, made[logAdmin].bcryptHash),
      filebeat(settings, all, certificate, this.passwords),
      keeper(settings, all, certificate, this.passwords),
      exporter(certificate, this.passwords),
    ].map((spec) => platform.service(spec, { parent: this }));
    this.registerOutputs({});
  }
}

const elasticOwner = { uid: 1000, gid: 0 };
const secretsMount = "/secrets";
const authorityFile = "ca.crt";
/** Beside filebeat.yml, since it holds a password. */
const outputFile = "output.yml";
const keeperName = "log-keeper";
const shipperName = "filebeat";
const exporterName = "elasticsearch-exporter";
const storeUrl = `https://${elasticsearchHost}:${ports.elasticsearch}`;

/** The keeper writes a test line every few seconds. */
const own: readonly LogSource[] = [
  { service: keeperName, format: "json", quiet: false },
  { service: shipperName, format: "json", quiet: true },
];

const pathOf = (set: FileSet, file: string): string => `${set.mount}/current/${file}`;

const target = (job: string, host: string, port: number): ScrapeTarget => ({
  job,
  host,
  port,
  path: "/metrics",
  interval: seconds(15),
  labels: { instance: host },
});

function elasticsearch(
  settings: Settings,
  { certificate, key }: ServerCertificate,
  adminHash: pulumi.Output<string>,
): ServiceSpec {
  const { stack, imageSource } = settings;
  const folder = "/run/elasticsearch";
  const config: FileSet = {
    name: "elasticsearch-config",
    image: "elasticsearch",
    owner: elasticOwner,
    mount: "/config",
    content: { plain: { [elasticsearchFiles.config]: renderElasticsearch({ stack, imageSource }) } },
    reload: { kind: "restart" },
  };
  const admin = pulumi.secret(adminHash).apply(renderAdmin);
  const secrets: FileSet = {
    name: "elasticsearch-secrets",
    image: "elasticsearch",
    owner: elasticOwner,
    mount: secretsMount,
    content: {
      secret: {
        [elasticsearchFiles.users]: admin.users,
        [elasticsearchFiles.usersRoles]: admin.usersRoles,
        [elasticsearchFiles.certificate]: certificate,
        [elasticsearchFiles.key]: key,
      },
    },
    reload: { kind: "restart" },
  };
  return {
    name: elasticsearchHost,
    image: "elasticsearch",
    command: elasticsearchCommand({
      folder,
      config: `${config.mount}/current`,
      secrets: `${secrets.mount}/current`,
    }),
    env: { ES_PATH_CONF: folder, ES_JAVA_OPTS: heapOptions(settings.elasticsearchHeap) },
    owner: elasticOwner,
    files: [config, secrets],
    data: [
      {
        name: "elasticsearch-data",
        mount: "/usr/share/elasticsearch/data",
        protect: settings.protectData,
        openedBy: [],
      },
    ],
    tmpfs: [
      { mount: folder, owner: elasticOwner },
      { mount: "/tmp" },
      { mount: "/usr/share/elasticsearch/logs", owner: elasticOwner },
    ],
    networks: ["monitoring"],
    publish: [
      { internal: ports.elasticsearch, external: settings.ports.elasticsearch, address: settings.adminAddress },
    ],
    // Any answer is a sign of life, also that one must log in; whether all is well, the keeper asks.
    probe: Probe.command(
      ["curl", "--silent", "--insecure", "--output", "/dev/null", `https://127.0.0.1:${ports.elasticsearch}/`],
      { ...unhurried, startPeriod: minutes(2) },
    ),
    awaited: false,
    memory: settings.memory.elasticsearch,
    stopGrace: seconds(60),
  };
}

function filebeat(
  settings: Settings,
  sources: readonly LogSource[],
  { authority }: ServerCertificate,
  passwords: Passwords,
): ServiceSpec {
  // The containers' files belong to root. Reading them is the one thing of root's that it keeps.
  const owner = { uid: 0, gid: 0 };
  const { stack, logs } = settings;
  const { name: user } = logUsers.shipper;
  const secrets: FileSet = {
    name: "filebeat-secrets",
    image: "filebeat",
    owner,
    mount: secretsMount,
    content: {
      secret: {
        [authorityFile]: authority,
        [outputFile]: passwords[user].apply((text) =>
          renderFilebeatOutput({
            host: elasticsearchHost,
            port: ports.elasticsearch,
            user,
            password: text,
            authorityFile: `${secretsMount}/current/${authorityFile}`,
          }),
        ),
      },
    },
    reload: { kind: "restart" },
  };
  const config: FileSet = {
    name: "filebeat-config",
    image: "filebeat",
    owner,
    mount: "/config",
    content: {
      plain: {
        "filebeat.yml": renderFilebeat({ stack, sources, sqlServices: ["mysql"], queueDisk: logs.queue }),
        [pipelineFile]: pipelineText,
      },
    },
    validate: [
      ...["filebeat", "test", "config", "--strict.perms=false", "--path.config", ".", "--path.data", "/tmp"],
      ...["-c", "filebeat.yml", "-c", `${secretsMount}/current/${outputFile}`],
    ],
    needs: [secrets],
    reload: { kind: "restart" },
  };
  return {
    name: shipperName,
    image: "filebeat",
    command: [
      "--strict.perms=false",
      "-c",
      pathOf(config, "filebeat.yml"),
      "-c",
      pathOf(secrets, outputFile),
      "--path.config",
      `${config.mount}/current`,
    ],
    owner,
    files: [config, secrets],
    data: [{ name: "filebeat-data", mount: dataFolder, protect: settings.protectData, openedBy: [] }],
    tmpfs: [{ mount: "/tmp" }],
    networks: ["monitoring"],
    host: { mounts: [{ path: containersFolder, mount: containersFolder }], capabilities: ["DAC_READ_SEARCH"] },
    probe: Probe.http("/", ports.filebeat),
    memory: MiB(192),
    stopGrace: seconds(30),
  };
}

function keeper(
  settings: Settings,
  sources: readonly LogSource[],
  { authority }: ServerCertificate,
  passwords: Passwords,
): ServiceSpec {
  const owner = { uid: 10003, gid: 10003 };
  const { retention, disk } = settings.logs;
  const config: FileSet = {
    name: "log-keeper-config",
    image: "logKeeper",
    owner,
    mount: "/config",
    content: { plain: { "desired.json": renderDesired({ retention, disk, sources }) } },
    reload: { kind: "restart" },
  };
  const secrets: FileSet = {
    name: "log-keeper-secrets",
    image: "logKeeper",
    owner,
    mount: secretsMount,
    content: { secret: { ...passwords, [authorityFile]: authority } },
    reload: { kind: "restart" },
  };
  return {
    name: keeperName,
    image: "logKeeper",
    env: {
      PORT: String(ports.logKeeper),
      STACK: settings.stack,
      LOG_LEVEL: settings.logLevel === "debug" ? "debug" : "info",
      DESIRED_FILE: pathOf(config, "desired.json"),
      PASSWORDS_FOLDER: `${secrets.mount}/current`,
      CA_FILE: pathOf(secrets, authorityFile),
      ELASTICSEARCH_URL: storeUrl,
      FILEBEAT_URL: `http://${shipperName}:${ports.filebeat}`,
    },
    owner,
    files: [config, secrets],
    networks: ["monitoring"],
    // It is ready when Elasticsearch is as it shall be: what an `up` waits for.
    probe: Probe.http("/ready", ports.logKeeper, { startPeriod: minutes(3) }),
    memory: MiB(96),
    stopGrace: seconds(10),
  };
}

function exporter({ authority }: ServerCertificate, passwords: Passwords): ServiceSpec {
  const owner = { uid: 65534, gid: 65534 };
  const { name: user } = logUsers.metrics;
  const secrets: FileSet = {
    name: "elasticsearch-exporter-secrets",
    image: "elasticsearchExporter",
    owner,
    mount: secretsMount,
    content: { secret: { password: passwords[user], [authorityFile]: authority } },
    reload: { kind: "restart" },
  };
  return {
    name: exporterName,
    image: "elasticsearchExporter",
    // It knows passwords from its environment alone: there it stands in nobody's description of the container.
    entrypoint: [
      "sh",
      "-c",
      `ES_PASSWORD="$(cat ${pathOf(secrets, "password")})" exec elasticsearch_exporter "$@"`,
      "sh",
    ],
    command: [
      `--es.uri=${storeUrl}`,
      `--es.ca=${pathOf(secrets, authorityFile)}`,
      `--web.listen-address=:${ports.elasticsearchExporter}`,
    ],
    env: { ES_USERNAME: user },
    owner,
    files: [secrets],
    networks: ["monitoring"],
    probe: Probe.http("/healthz", ports.elasticsearchExporter, unhurried),
    awaited: false,
    memory: MiB(64),
    stopGrace: seconds(5),
  };
}
