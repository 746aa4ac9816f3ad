/**
 * What a user may set, read once, validated before any resource is touched, and frozen.
 *
 * `settingsTable` is the one place where a setting is declared: Pulumi.yaml and the README's table are compared with
 * it by `test/configs/settings.test.ts`.
 */
import { z } from "zod";
import { type MaintenanceWindow, maintenanceAllowed, maintenanceSchema } from "./maintenance";
import { projectName } from "./projectName";
import { type Receivers, readReceivers, receiversAllowed } from "./receivers";
import { address, memory, path, pemFile, port, type Setting, setting, trueOrFalse, wholeNumber } from "./settingKinds";
import { thresholds } from "./thresholds";
import { readTls, type TlsPair } from "./tls";
import { type Duration, days, GiB, MiB, type Size } from "./units";

export { projectName };

/** Where images come from. `auto` is decided by `npm run up`, which leaves its finding in `.medassist/image-source`. */
export type ImageSource = "registry" | "offline";

/** The most replicas that the setting allows; what the others are sized for, so that adding one changes nothing else. */
export const mostReplicas = 50;

/** As many as the error budgets need; an alert watches the same number. */
const leastMetricsDays = thresholds.history.seconds / 86_400;

/** Every setting, by its key in the namespace `medassist`. */
export const settingsTable = {
  replicas: setting({
    type: "integer",
    default: "3",
    allowed: `a whole number from 1 to ${mostReplicas}`,
    description: "API replicas behind HAProxy",
    schema: wholeNumber(1, mostReplicas),
  }),
  imageSource: setting({
    type: "string",
    default: "auto",
    allowed: "auto, registry or offline",
    description: "where images come from: pulled from a registry, or built here from packages (`images/`)",
    schema: z.enum(["auto", "registry", "offline"]),
  }),
  protectData: setting({
    type: "boolean",
    default: "true",
    allowed: "true or false",
    description: "keep data volumes, and the passwords that open them, when the stack is taken down",
    schema: trueOrFalse,
  }),
  monitoring: setting({
    type: "boolean",
    default: "true",
    allowed: "true or false",
    description: "watch the platform: Prometheus, Alertmanager, exporters and the incident recorder",
    schema: trueOrFalse,
  }),
  logging: setting({
    type: "boolean",
    default: "true",
    allowed: "true or false",
    description: "collect the containers' logs: Filebeat, Elasticsearch and Kibana",
    schema: trueOrFalse,
  }),
  secretsEpoch: setting({
    type: "integer",
    default: "1",
    allowed: "a whole number from 1 to 1000000",
    description: "raise it by one to replace every generated password at the next `up`",
    schema: wholeNumber(1, 1_000_000),
  }),
  logLevel: setting({
    type: "string",
    default: "info",
    allowed: "debug, info, warning or error",
    description: "least severe level that the API writes to its log",
    schema: z.enum(["debug", "info", "warning", "error"]),
  }),
  publicAddress: address("0.0.0.0", "address on which the patients' two ports listen"),
  adminAddress: address("127.0.0.1", "address on which the ports of the operators listen"),
  frontendPort: port(8080, "published port of the patients' page"),
  entryPort: port(8081, "published port of HAProxy, the entry of the API"),
  statsPort: port(8404, "published port of HAProxy's statistics page, on adminAddress"),
  prometheusPort: port(9090, "published port of Prometheus, on adminAddress"),
  alertmanagerPort: port(9093, "published port of Alertmanager, on adminAddress"),
  pushgatewayPort: port(9091, "published port of Pushgateway, on adminAddress"),
  incidentsPort: port(9095, "published port of the incident recorder and its status page, on adminAddress"),
  grafanaPort: port(3000, "published port of Grafana, on adminAddress"),
  elasticsearchPort: port(9200, "published port of Elasticsearch (HTTPS), on adminAddress"),
  kibanaPort: port(5601, "published port of Kibana, on adminAddress"),
  nodeExporterPort: port(9100, "port of the node exporter, on the host's address in the stack's own network"),
  tlsCertificateFile: pemFile("certificate chain"),
  tlsKeyFile: pemFile("private key"),
  haproxyExtra: setting({
    type: "string",
    default: "",
    allowed: "lines that HAProxy accepts in a `frontend` section; HAProxy itself checks them before they are used",
    description: "lines added to HAProxy's public frontend, for example an allow list of addresses",
    schema: z.string().max(16_384),
  }),
  apiMemory: memory(128, 64, "memory limit of one API replica, MiB"),
  haproxyMemory: memory(64, 32, "memory limit of HAProxy, MiB"),
  nginxMemory: memory(32, 16, "memory limit of Nginx, MiB"),
  redisMemory: memory(64, 32, "memory limit of Redis, MiB; half of it holds data"),
  mysqlMemory: memory(512, 384, "memory limit of MySQL, MiB; a quarter of it is the buffer pool"),
  prometheusMemory: memory(512, 128, "memory limit of Prometheus, MiB"),
  elasticsearchMemory: memory(1331, 768, "memory limit of Elasticsearch, MiB"),
  elasticsearchHeap: memory(512, 256, "heap of Elasticsearch, MiB; at most half of elasticsearchMemory"),
  metricsDays: setting({
    type: "integer",
    default: "40",
    allowed: `a whole number of days from ${leastMetricsDays} to 3650`,
    description: "how long metrics are kept; the SLOs look back 30 days",
    schema: wholeNumber(leastMetricsDays, 3650),
  }),
  metricsDisk: setting({
    type: "integer",
    default: "8",
    allowed: "a whole number of GiB from 1 to 10000",
    description: "most disk that metrics may take, GiB; the oldest go first, and an alert says so",
    schema: wholeNumber(1, 10_000),
  }),
  logDays: setting({
    type: "integer",
    default: "30",
    allowed: "a whole number of days from 1 to 3650",
    description: "how long log lines are kept",
    schema: wholeNumber(1, 3650),
  }),
  logDisk: setting({
    type: "integer",
    default: "10",
    allowed: "a whole number of GiB from 1 to 10000",
    description: "most disk that log lines may take, GiB; the oldest go first",
    schema: wholeNumber(1, 10_000),
  }),
  logQueueDisk: setting({
    type: "integer",
    default: "1024",
    allowed: "a whole number of MiB from 64 to 65536",
    description: "most disk for lines that wait while Elasticsearch is away, MiB",
    schema: wholeNumber(64, 65_536),
  }),
  maintenance: setting({
    type: "string",
    default: "",
    allowed: maintenanceAllowed,
    description: "planned maintenance: while it lasts, no alert notifies and no error budget is spent",
    schema: maintenanceSchema,
  }),
  receivers: setting({
    type: "string",
    default: "",
    allowed: receiversAllowed,
    description: "file that says who is told of alerts, by priority, besides the API and the incident recorder",
    schema: path,
  }),
} as const;

export type SettingKey = keyof typeof settingsTable;

/** Every port that a stack takes on its host; the setting is named `<name>Port`. */
export const portNames = [
  "frontend",
  "entry",
  "stats",
  "prometheus",
  "alertmanager",
  "pushgateway",
  "incidents",
  "grafana",
  "elasticsearch",
  "kibana",
  "nodeExporter",
] as const;
export type PortName = (typeof portNames)[number];

export interface Settings {
  /** Name of the Pulumi stack; the first part of every container, network and volume name. */
  readonly stack: string;
  readonly replicas: number;
  readonly imageSource: ImageSource;
  readonly protectData: boolean;
  readonly monitoring: boolean;
  readonly logging: boolean;
  readonly secretsEpoch: number;
  readonly logLevel: "debug" | "info" | "warning" | "error";
  readonly publicAddress: string;
  readonly adminAddress: string;
  /** Ports on the host. */
  readonly ports: Readonly<Record<PortName, number>>;
  readonly tls: TlsPair | undefined;
  readonly haproxyExtra: readonly string[];
  readonly memory: Readonly<
    Record<"api" | "haproxy" | "nginx" | "redis" | "mysql" | "prometheus" | "elasticsearch", Size>
  >;
  readonly elasticsearchHeap: Size;
  /** How long and how much of them metrics are kept. */
  readonly metrics: { readonly retention: Duration; readonly disk: Size };
  /** How long and how much of them log lines are kept, and how much of them waits while they cannot be stored. */
  readonly logs: { readonly retention: Duration; readonly disk: Size; readonly queue: Size };
  /** Planned work, during which alerts are muted. */
  readonly maintenance: MaintenanceWindow | undefined;
  /** Who else is told, with their secrets. */
  readonly receivers: Receivers;
}

/** A user's mistake in the settings: every wrong key with its value and what is allowed. Never a stack trace. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      `${problems.length === 1 ? "A setting is" : `${problems.length} settings are`} wrong:\n${problems.map((p) => `  - ${p}`).join("\n")}`,
    );
    this.name = "SettingsError";
    this.stack = this.message;
  }
}

/** What `parseSettings` needs from outside, so that it stays a pure function. */
export interface SettingsContext {
  readonly stack: string;
  /** What `npm run up` found; undefined if it never ran here. */
  readonly imageSourceFound: ImageSource | undefined;
  /** Text of a file, or an error whose message says why not. */
  readonly readFile: (path: string) => string;
}

type Parsed = { [K in SettingKey]: z.output<(typeof settingsTable)[K]["schema"]> };

/**
 * Validates raw settings.
 * @param raw values by key, without the namespace; what is missing takes its default
 * @throws SettingsError naming every wrong key, its value and what is allowed
 */
export function parseSettings(raw: Readonly<Record<string, string>>, context: SettingsContext): Settings {
  const problems: string[] = [];
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(context.stack)) {
    problems.push(
      `the stack's name is "${context.stack}": allowed are up to 30 small letters, digits and "-", starting with a letter, since containers are named after it`,
    );
  }
  for (const key of Object.keys(raw).filter((k) => !Object.hasOwn(settingsTable, k))) {
    problems.push(`${projectName}:${key} is unknown. ${suggestion(key)}`);
  }
  const parsed: Partial<Record<SettingKey, unknown>> = {};
  for (const [key, entry] of Object.entries(settingsTable) as [SettingKey, Setting<unknown>][]) {
    const text = raw[key] ?? entry.default;
    const result = entry.schema.safeParse(text);
    if (result.success) parsed[key] = result.data;
    else {
      const wrong = result.error.issues.find((issue) => issue.code === "custom")?.message;
      problems.push(`${projectName}:${key} is "${text}": ${wrong ? `${wrong}: ` : ""}allowed is ${entry.allowed}`);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);

  const p = parsed as Parsed;
  const ports = Object.fromEntries(portNames.map((name) => [name, p[`${name}Port`]])) as Record<PortName, number>;
  for (const shared of new Set(Object.values(ports))) {
    const keys = portNames.filter((name) => ports[name] === shared).map((name) => `${name}Port`);
    if (keys.length > 1) problems.push(`${projectName}:${keys.join(" and ")} are ${shared}: allowed is each port once`);
  }
  if (p.elasticsearchHeap.bytes * 2 > p.elasticsearchMemory.bytes) {
    problems.push(
      `${projectName}:elasticsearchHeap is ${p.elasticsearchHeap.mebibytes} MiB: allowed is at most half of elasticsearchMemory, ${p.elasticsearchMemory.mebibytes} MiB, since the other half is for what is outside of the heap`,
    );
  }
  const tls = readTls(p, context.readFile, problems);
  const receivers = readReceivers(p.receivers, context.readFile, problems);
  if (problems.length > 0) throw new SettingsError(problems);

  return deepFreeze({
    stack: context.stack,
    replicas: p.replicas,
    imageSource: p.imageSource === "auto" ? (context.imageSourceFound ?? "registry") : p.imageSource,
    protectData: p.protectData,
    monitoring: p.monitoring,
    logging: p.logging,
    secretsEpoch: p.secretsEpoch,
    logLevel: p.logLevel,
    publicAddress: p.publicAddress,
    adminAddress: p.adminAddress,
    ports,
    tls,
    haproxyExtra: p.haproxyExtra
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
    memory: {
      api: p.apiMemory,
      haproxy: p.haproxyMemory,
      nginx: p.nginxMemory,
      redis: p.redisMemory,
      mysql: p.mysqlMemory,
      prometheus: p.prometheusMemory,
      elasticsearch: p.elasticsearchMemory,
    },
    elasticsearchHeap: p.elasticsearchHeap,
    metrics: { retention: days(p.metricsDays), disk: GiB(p.metricsDisk) },
    logs: { retention: days(p.logDays), disk: GiB(p.logDisk), queue: MiB(p.logQueueDisk) },
    maintenance: p.maintenance,
    receivers,
  });
}

function suggestion(key: string): string {
  const small = key.toLowerCase();
  const near = Object.keys(settingsTable).find((known) => small !== "" && known.toLowerCase().startsWith(small));
  return near ? `Did you mean ${projectName}:${near}?` : `Allowed are: ${Object.keys(settingsTable).join(", ")}`;
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}
