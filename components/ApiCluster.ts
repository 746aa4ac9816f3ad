import * as pulumi from "@pulumi/pulumi";
import type { Alert } from "../configs/alerts/alert";
import { apiAlerts } from "../configs/alerts/api";
import { haproxyAlerts } from "../configs/alerts/haproxy";
import { haproxyRun, renderHaproxy, renderStatsUsers, serverStateFile, timeToServe } from "../configs/haproxy";
import { apiDrain, latencySlo, maxBody } from "../configs/limits";
import { ports } from "../configs/ports";
import { cachePrefix } from "../configs/redis";
import type {
  CacheAccount,
  HttpBackend,
  HttpEntry,
  LogSource,
  ProbeTarget,
  ScrapeTarget,
  SqlAccount,
} from "../configs/roles";
import type { Settings } from "../configs/settings";
import { MiB, seconds } from "../configs/units";
import type { WithPassword } from "./DataStores";
import { password } from "./passwords";
import type { Platform, Ready } from "./platform/platform";
import { Probe } from "./platform/probe";
import type { FileSet, SecretText, ServiceSpec, SharedDirectory } from "./platform/spec";

export interface ApiClusterArgs {
  readonly platform: Platform;
  readonly settings: Settings;
  readonly sql: WithPassword<SqlAccount>;
  /** The account that may change the schema, and when it can be used. */
  readonly schema: { readonly sql: WithPassword<SqlAccount>; readonly after: Ready };
  readonly cache: WithPassword<CacheAccount>;
}

/** Threads of one replica, and so the most connections to MySQL that it opens (measured: docs/traps.md, Threads). */
export const apiThreads = 8;

/** HAProxy, and the API replicas behind it. */
export class ApiCluster extends pulumi.ComponentResource {
  readonly backends: readonly HttpBackend[];
  readonly scrapeTargets: readonly ScrapeTarget[];
  readonly alerts: readonly Alert[] = [...apiAlerts, ...haproxyAlerts];
  readonly logSources: readonly LogSource[];
  /** The entry as patients of the API reach it, and whether it reaches what it depends on. */
  readonly probes: readonly ProbeTarget[];
  /** Where our own Nginx sends requests to. */
  readonly entry: HttpEntry;
  /** Where Alertmanager sends alerts to, and the token it must show. */
  readonly alertWebhook: { readonly url: string; readonly token: SecretText };
  readonly stats: { readonly user: string; readonly password: SecretText };
  readonly ready: readonly Ready[];

  constructor(name: string, args: ApiClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("medassist:index:ApiCluster", name, {}, opts);
    const { platform, settings, sql, cache, schema } = args;
    const webhookToken = password("webhook-token", settings.secretsEpoch, this).result;
    const statsPassword = password("haproxy-stats", settings.secretsEpoch, this).result;

    const replicas = apiReplicas(settings, sql, cache, webhookToken);
    this.backends = replicas.map((r) => ({
      name: r.name,
      host: r.name,
      port: ports.api,
      healthPath,
      mostRequests: apiThreads * 8,
    }));
    const haproxy = haproxyService(platform, settings, this.backends, statsPassword);

    this.logSources = [
      // A replica does not log what only the platform asks of it.
      ...replicas.map((r) => ({ service: r.name, format: "json", quiet: true }) as const),
      { service: haproxy.name, format: "json", quiet: false },
    ];
    this.entry = { host: haproxy.name, port: ports.entryInternal };
    this.scrapeTargets = [
      ...replicas.map((r) => ({
        job: "api",
        host: r.name,
        port: ports.api,
        path: "/metrics",
        interval: seconds(5),
        labels: { instance: r.name },
      })),
      {
        job: "haproxy",
        host: haproxy.name,
        port: ports.haproxyMetrics,
        path: "/metrics",
        interval: seconds(5),
        labels: {},
      },
    ];
    const entrance = `${settings.tls ? "https" : "http"}://${haproxy.name}:${ports.entry}`;
    this.probes = [
      { name: "entry", url: `${entrance}${healthPath}`, module: "http_2xx" },
      { name: "ready", url: `${entrance}/ready`, module: "database" },
    ];
    this.alertWebhook = { url: `http://${this.entry.host}:${this.entry.port}/api/webhook/alert`, token: webhookToken };
    this.stats = { user: statsUser, password: statsPassword };

    this.ready = [
      platform.rollGroup({ name: "api", replicas, minimumUptime: timeToServe.plus(startUp) }, { parent: this }),
      platform.service(haproxy, { parent: this }),
      platform.job(schemaJob(settings, schema.sql), { parent: this, after: [schema.after] }),
    ];
    this.registerOutputs({});
  }
}

const healthPath = "/health";
const apiOwner = { uid: 10001, gid: 10001 };
const haproxyOwner = { uid: 99, gid: 99 };
const statsUser = "admin";
const haproxyName = "haproxy";
/** From the start of a replica's container to its first answer, generously (measured: about 1 s on 2 cores). */
const startUp = seconds(3);

const replicaName = (index: number): string => (index === 0 ? "api" : `api${index + 1}`);

function sqlEnv(account: SqlAccount, passwordFile: string): Record<string, string> {
  return {
    MYSQL_HOST: account.host,
    MYSQL_PORT: String(account.port),
    MYSQL_DATABASE: account.database,
    MYSQL_USER: account.user,
    MYSQL_PASSWORD_FILE: passwordFile,
  };
}

/** Secrets of one kind of API container; they are read when the program starts. */
function apiSecrets(name: string, secret: Readonly<Record<string, SecretText>>): FileSet {
  return { name, image: "api", owner: apiOwner, mount: "/secrets", content: { secret }, reload: { kind: "restart" } };
}

function apiReplicas(
  settings: Settings,
  sql: WithPassword<SqlAccount>,
  cache: WithPassword<CacheAccount>,
  webhookToken: SecretText,
): ServiceSpec[] {
  const secrets = apiSecrets("api-secrets", { mysql: sql.password, redis: cache.password, webhook: webhookToken });
  const file = (key: string) => `${secrets.mount}/current/${key}`;
  return Array.from({ length: settings.replicas }, (_, index) => ({
    name: replicaName(index),
    image: "api",
    env: {
      PORT: String(ports.api),
      THREADS: String(apiThreads),
      GRACEFUL_TIMEOUT_SECONDS: String(apiDrain.wholeSeconds),
      MEDASSIST_STACK: settings.stack,
      MEDASSIST_INSTANCE: replicaName(index),
      ...sqlEnv(sql, file("mysql")),
      REDIS_HOST: cache.host,
      REDIS_PORT: String(cache.port),
      REDIS_USER: cache.user,
      REDIS_KEY_PREFIX: cachePrefix,
      REDIS_PASSWORD_FILE: file("redis"),
      WEBHOOK_TOKEN_FILE: file("webhook"),
      TRUSTED_PROXY: haproxyName,
      LATENCY_SLO_SECONDS: String(latencySlo.seconds),
      MAX_BODY_BYTES: String(maxBody.bytes),
      LOG_LEVEL: settings.logLevel,
    },
    owner: apiOwner,
    files: [secrets],
    tmpfs: [{ mount: "/tmp" }],
    networks: ["medassist", "monitoring"],
    probe: Probe.http(healthPath, ports.api),
    memory: settings.memory.api,
    stopGrace: apiDrain.plus(seconds(5)),
  }));
}

/** Brings the tables to what the API expects. */
function schemaJob(settings: Settings, sql: WithPassword<SqlAccount>) {
  const secrets = apiSecrets("schema-secrets", { mysql: sql.password });
  return {
    name: "schema",
    image: "api",
    command: ["python", "-m", "medassist_api.migrate"],
    env: {
      MEDASSIST_STACK: settings.stack,
      MEDASSIST_INSTANCE: "schema",
      ...sqlEnv(sql, `${secrets.mount}/current/mysql`),
    },
    owner: apiOwner,
    files: [secrets],
    networks: ["medassist"],
    memory: MiB(128),
  } as const;
}

function haproxyService(
  platform: Platform,
  settings: Settings,
  backends: readonly HttpBackend[],
  statsPassword: SecretText,
): ServiceSpec {
  const run: SharedDirectory = { name: "haproxy-run", mount: haproxyRun };
  // The image is in the socket's name: a loader of a newer image finds no socket, so the old program is not told to
  // read files that are not meant for it; the new one starts on them.
  const socket = `${run.mount}/master-${platform.imageTag("haproxy")}.sock`;
  const say = (words: string) => `echo "${words}" | socat -t20 - UNIX-CONNECT:${socket} 2>/dev/null`;
  const reload = {
    kind: "socket",
    directory: run,
    socket,
    // A container that ended leaves its socket: no answer means that nobody is there to be told.
    command: `${say("@1 show servers state")} >${serverStateFile} || { rm -f ${serverStateFile}; exit 0; }
answer=$(${say("reload")})
rm -f ${serverStateFile}
case $answer in *Success=1*) ;; *) echo "$answer"; exit 1 ;; esac`,
  } as const;
  const secrets: FileSet = {
    name: "haproxy-secrets",
    image: "haproxy",
    owner: haproxyOwner,
    mount: "/secrets",
    content: {
      secret: {
        [usersFile]: statsPassword.apply((text) => renderStatsUsers(statsUser, text)),
        ...(settings.tls
          ? { [certificateFile]: pulumi.secret(`${settings.tls.certificate.trimEnd()}\n${settings.tls.key}`) }
          : {}),
      },
    },
    reload,
  };
  const config: FileSet = {
    name: "haproxy-config",
    image: "haproxy",
    owner: haproxyOwner,
    mount: "/config",
    content: {
      plain: {
        "haproxy.cfg": renderHaproxy({
          stack: settings.stack,
          backends,
          certificateFile: settings.tls && `${secrets.mount}/current/${certificateFile}`,
          extra: settings.haproxyExtra,
        }),
      },
    },
    validate: ["haproxy", "-c", "-f", "haproxy.cfg", "-f", `${secrets.mount}/current/${usersFile}`],
    needs: [secrets],
    reload,
  };
  return {
    name: haproxyName,
    image: "haproxy",
    command: [
      "haproxy",
      "-W",
      "-db",
      "-S",
      `${socket},mode,600`,
      "-f",
      `${config.mount}/current/haproxy.cfg`,
      "-f",
      `${secrets.mount}/current/${usersFile}`,
    ],
    owner: haproxyOwner,
    files: [secrets, config],
    directories: [run],
    networks: ["medassist", "monitoring"],
    publish: [
      { internal: ports.entry, external: settings.ports.entry, address: settings.publicAddress },
      { internal: ports.stats, external: settings.ports.stats, address: settings.adminAddress },
    ],
    probe: Probe.http("/healthz", ports.haproxyMetrics),
    memory: settings.memory.haproxy,
    // SIGUSR1, the image's stop signal: what runs is finished first.
    stopGrace: seconds(15),
  };
}

const usersFile = "users.cfg";
const certificateFile = "entry.pem";
