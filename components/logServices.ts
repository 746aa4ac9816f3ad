/** What the LoggingStack is made of, as specs. */

import * as pulumi from "@pulumi/pulumi";
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
  configFile,
  containersFolder,
  dataFolder,
  filebeatCheck,
  filebeatCommand,
  outputFile,
  pipelineFile,
  renderFilebeat,
  renderFilebeatOutput,
  slowLogMount,
} from "../configs/filebeat";
import { type LogAccount, logUsers } from "../configs/logs/streams";
import { mysqlHost, slowLog } from "../configs/mysql";
import { ports } from "../configs/ports";
import type { LogSource } from "../configs/roles";
import type { Settings } from "../configs/settings";
import { MiB, minutes, seconds } from "../configs/units";
import type { ServerCertificate } from "./certificates";
import { pipelineText } from "./logPipeline";
import { Probe, unhurried } from "./platform/probe";
import type { FileSet, SecretText, ServiceSpec } from "./platform/spec";

/** By user. */
export type Passwords = Readonly<Record<LogAccount, SecretText>>;

const elasticOwner = { uid: 1000, gid: 0 };
const secretsMount = "/secrets";
const authorityFile = "ca.crt";
export const keeperName = "log-keeper";
export const shipperName = "filebeat";
export const exporterName = "elasticsearch-exporter";
/** Elasticsearch, as the containers call it. */
export const storeUrl = `https://${elasticsearchHost}:${ports.elasticsearch}`;

const pathOf = (set: FileSet, file: string): string => `${set.mount}/current/${file}`;

/** The store. */
export function elasticsearch(
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

/** The shipper. */
export function filebeat(
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
        [configFile]: renderFilebeat({
          stack,
          sources,
          sqlServices: [mysqlHost],
          slowLog: { service: mysqlHost, path: `${slowLogMount}/${slowLog.file}` },
          queueDisk: logs.queue,
        }),
        [pipelineFile]: pipelineText,
      },
    },
    // In the folder of the new files.
    validate: filebeatCheck({ config: ".", secrets: `${secretsMount}/current` }),
    needs: [secrets],
    reload: { kind: "restart" },
  };
  return {
    name: shipperName,
    image: "filebeat",
    command: filebeatCommand({ config: `${config.mount}/current`, secrets: `${secretsMount}/current` }),
    owner,
    files: [config, secrets],
    directories: [{ name: slowLog.directory, mount: slowLogMount }],
    data: [{ name: "filebeat-data", mount: dataFolder, protect: settings.protectData, openedBy: [] }],
    tmpfs: [{ mount: "/tmp" }],
    networks: ["monitoring"],
    host: { mounts: [{ path: containersFolder, mount: containersFolder }], capabilities: ["DAC_READ_SEARCH"] },
    probe: Probe.http("/", ports.filebeat),
    memory: MiB(192),
    stopGrace: seconds(30),
  };
}

/** Who makes of an empty store what it shall be, deletes what is old, and measures. */
export function keeper(
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

/** Who tells of the store in metrics. */
export function exporter({ authority }: ServerCertificate, passwords: Passwords): ServiceSpec {
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
