/** What a user may set (`settingsTable.ts`), read once, validated before any resource is touched, and frozen. */
import type { z } from "zod";
import type { MaintenanceWindow } from "./maintenance";
import { projectName } from "./projectName";
import { type Receivers, readReceivers } from "./receivers";
import type { Setting } from "./settingKinds";
import { mostReplicas, settingsTable } from "./settingsTable";
import { readTls, type TlsPair } from "./tls";
import { type Duration, days, GiB, MiB, type Size } from "./units";

export { mostReplicas, projectName, settingsTable };

/** Where images come from. `auto` is decided by `npm run up`, which leaves its finding in `.medassist/image-source`. */
export type ImageSource = "registry" | "offline";

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
