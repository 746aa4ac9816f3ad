import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { heartbeatLimit } from "../configs/alertmanager";
import { ports } from "../configs/ports";
import { receiverSecrets, recorderKnows, recorderReceivers } from "../configs/receivers";
import { type LogSource, metricsOf, type ScrapeTarget } from "../configs/roles";
import { renderRunbook, runbookVariables } from "../configs/runbooks";
import type { Settings } from "../configs/settings";
import { MiB, seconds } from "../configs/units";
import { password } from "./passwords";
import type { Platform, Ready } from "./platform/platform";
import { Probe, unhurried } from "./platform/probe";
import type { FileSet, SecretText, ServiceSpec } from "./platform/spec";

export interface IncidentRecorderArgs {
  readonly platform: Platform;
  readonly settings: Settings;
  /** The API's webhook, which is told when the monitoring itself falls silent. */
  readonly webhook: { readonly url: string; readonly token: SecretText };
  /** Where Prometheus and Alertmanager are, as the containers call them. */
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
}

const host = "incidents";

/** The incident recorder: a timeline of every alert, the watch on the watchers, and the status page. */
export class IncidentRecorder extends pulumi.ComponentResource {
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** Where Alertmanager sends every notification, and the token it must show. */
  readonly alertWebhook: { readonly url: string; readonly token: SecretText };
  /** Login of the status page. */
  readonly admin: { readonly user: string; readonly password: SecretText };
  static readonly logSources: readonly LogSource[] = [{ service: host, format: "json", quiet: true }];
  readonly ready: Ready;

  constructor(name: string, args: IncidentRecorderArgs, opts?: pulumi.ComponentResourceOptions) {
    super("medassist:index:IncidentRecorder", name, {}, opts);
    const { platform, settings } = args;
    const token = password("incidents-webhook", settings.secretsEpoch, this).result;
    const adminPassword = password("incidents-admin", settings.secretsEpoch, this).result;

    // A maintenance window mutes from the moment in which Prometheus has read that it is open.
    this.scrapeTargets = [{ ...metricsOf(host, host, ports.incidents), interval: seconds(5) }];
    this.alertWebhook = { url: `http://${host}:${ports.incidents}/alerts`, token };
    this.admin = { user: "admin", password: adminPassword };
    this.ready = platform.service(recorder(args, token, adminPassword), { parent: this });
    this.registerOutputs({});
  }
}

const owner = { uid: 10002, gid: 10002 };

/** The runbooks, so that whoever is woken reads them where the incident is shown. */
function runbooks(settings: Settings): FileSet {
  const folder = join(__dirname, "..", "runbooks");
  const variables = runbookVariables(settings);
  const pages = readdirSync(folder)
    .filter((file) => file.endsWith(".md"))
    .map((file) => [
      file.replace(/\.md$/, ".html"),
      renderRunbook(readFileSync(join(folder, file), "utf8"), variables),
    ]);
  return {
    name: "incidents-runbooks",
    image: "incidents",
    owner,
    mount: "/runbooks",
    content: { plain: Object.fromEntries(pages) },
    reload: { kind: "watched" },
  };
}

function recorder(args: IncidentRecorderArgs, token: SecretText, adminPassword: SecretText): ServiceSpec {
  const { settings, webhook } = args;
  const mount = "/secrets";
  const file = (name: string): string => `${mount}/current/${name}`;
  // Nobody reads the API's log while the API is down: whoever is woken by a p1 is told by the recorder itself too.
  const told = { p1: settings.receivers.p1.filter(recorderKnows), p2: [], p3: [], p4: [] };
  const receivers = [
    { kind: "webhook", url: webhook.url, tokenFile: file("api") },
    ...recorderReceivers(told, "p1", file),
  ];
  const theirs = Object.entries(receiverSecrets(told)).map(([name, text]) => [name, pulumi.secret(text)] as const);
  const secrets: FileSet = {
    name: "incidents-secrets",
    image: "incidents",
    owner,
    mount,
    content: {
      secret: {
        api: webhook.token,
        webhook: token,
        admin: adminPassword,
        receivers: pulumi.secret(JSON.stringify(receivers)),
        ...Object.fromEntries(theirs),
      },
    },
    reload: { kind: "restart" },
  };
  const pages = runbooks(settings);
  return {
    name: host,
    image: "incidents",
    env: {
      PORT: String(ports.incidents),
      STACK: settings.stack,
      LOG_LEVEL: settings.logLevel === "debug" ? "debug" : "info",
      DATA_DIR: "/data",
      RUNBOOKS_DIR: `${pages.mount}/current`,
      WEBHOOK_TOKEN_FILE: file("webhook"),
      ADMIN_PASSWORD_FILE: file("admin"),
      RECEIVERS_FILE: file("receivers"),
      ALERTMANAGER_URL: args.alertmanagerUrl,
      PROMETHEUS_URL: args.prometheusUrl,
      HEARTBEAT_SECONDS: String(heartbeatLimit.seconds),
      ...(settings.maintenance ? { MAINTENANCE: JSON.stringify(settings.maintenance) } : {}),
    },
    owner,
    files: [secrets, pages],
    data: [{ name: "incidents-data", mount: "/data", protect: settings.protectData, openedBy: [] }],
    networks: ["monitoring"],
    publish: [{ internal: ports.incidents, external: settings.ports.incidents, address: settings.adminAddress }],
    probe: Probe.http("/healthz", ports.incidents, unhurried),
    awaited: false,
    memory: MiB(128),
    stopGrace: seconds(10),
  };
}
