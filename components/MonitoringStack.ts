import * as pulumi from "@pulumi/pulumi";
import { renderAlertmanager, type WebhookReceiver } from "../configs/alertmanager";
import type { Alert } from "../configs/alerts/alert";
import { monitoringAlerts } from "../configs/alerts/monitoring";
import { ports } from "../configs/ports";
import { renderPrometheus, rulesFile } from "../configs/prometheus";
import { receiverSecrets } from "../configs/receivers";
import { metricsOf, type ScrapeTarget } from "../configs/roles";
import { type Recording, renderRules } from "../configs/rules";
import type { Settings } from "../configs/settings";
import { MiB, seconds } from "../configs/units";
import { adminUrl } from "../configs/urls";
import { announcePlannedChange } from "./plannedChange";
import type { Platform, Ready } from "./platform/platform";
import { Probe, unhurried } from "./platform/probe";
import type { FileSet, SecretText, ServiceSpec } from "./platform/spec";

export interface MonitoringStackArgs {
  readonly platform: Platform;
  readonly settings: Settings;
  /** What the other components expose. */
  readonly scrape: readonly ScrapeTarget[];
  readonly alerts: readonly Alert[];
  /** What is promised: the series that are recorded for it, and the alerts that read them. */
  readonly slos: { readonly alerts: readonly Alert[]; readonly recordings: readonly Recording[] };
  /** Who is told: the API by HAProxy, and the incident recorder, which also works when every replica is down. */
  readonly webhooks: Readonly<Record<"api" | "recorder", { readonly url: string; readonly token: SecretText }>>;
}

/** Where the three are, as the containers on the network `monitoring` call them. */
export const monitoringUrls = {
  prometheus: `http://prometheus:${ports.prometheus}`,
  alertmanager: `http://alertmanager:${ports.alertmanager}`,
  pushgateway: `http://pushgateway:${ports.pushgateway}`,
} as const;

/** Prometheus, Alertmanager and Pushgateway. */
export class MonitoringStack extends pulumi.ComponentResource {
  /** Every alert there is, its own too. */
  readonly alerts: readonly Alert[];
  readonly ready: readonly Ready[];
  private readonly settings: Settings;

  constructor(name: string, args: MonitoringStackArgs, opts?: pulumi.ComponentResourceOptions) {
    super("medassist:index:MonitoringStack", name, {}, opts);
    const { platform, settings, webhooks } = args;
    this.settings = settings;
    this.alerts = [...args.alerts, ...monitoringAlerts, ...args.slos.alerts];
    const own = (["prometheus", "alertmanager"] as const).map((job) => metricsOf(job, job, ports[job]));
    const pushed = {
      ...metricsOf("pushgateway", "pushgateway", ports.pushgateway),
      honorLabels: true,
      // Rules tell pushing jobs apart by a label that no target has.
      relabel: [{ source_labels: ["job"], target_label: "push_job" }],
    };
    const scrape = [...args.scrape, ...own, pushed];

    this.ready = [
      prometheus(settings, scrape, this.alerts, args.slos.recordings),
      alertmanager(settings, webhooks),
      pushgateway(settings),
    ].map((spec) => platform.service(spec, { parent: this }));
    this.registerOutputs({});
  }

  /** Says that what happens from now on until `end` is meant, so that a planned change notifies nobody. */
  announceChange(end: Ready): void {
    announcePlannedChange(adminUrl(this.settings, "alertmanager"), this.settings.stack, this.alerts, end);
  }
}

/** Texts that Pulumi keeps encrypted. */
const secretOf = (texts: Readonly<Record<string, string>>): Record<string, SecretText> =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, pulumi.secret(text)]));

const nobody = { uid: 65534, gid: 65534 };

/** What the three have in common: nobody's user, the network that watches, a port for operators. */
const operatorService = (name: "prometheus" | "alertmanager" | "pushgateway", settings: Settings) => ({
  name,
  image: name,
  owner: nobody,
  networks: ["monitoring"] as const,
  publish: [{ internal: ports[name], external: settings.ports[name], address: settings.adminAddress }],
  probe: Probe.http("/-/healthy", ports[name], unhurried),
  awaited: false,
  stopGrace: seconds(30),
});

const reloadOf = (name: "prometheus" | "alertmanager") =>
  ({ kind: "http", network: "monitoring", url: `http://${name}:${ports[name]}/-/reload` }) as const;

function prometheus(
  settings: Settings,
  scrape: readonly ScrapeTarget[],
  alerts: readonly Alert[],
  recordings: readonly Recording[],
): ServiceSpec {
  const file = "prometheus.yml";
  const config: FileSet = {
    name: "prometheus-config",
    image: "prometheus",
    owner: nobody,
    mount: "/config",
    content: {
      plain: {
        [file]: renderPrometheus({
          stack: settings.stack,
          scrape,
          alertmanager: `alertmanager:${ports.alertmanager}`,
          ...settings.metrics,
        }),
        [rulesFile]: renderRules(settings.stack, alerts, recordings),
      },
    },
    validate: ["promtool", "check", "config", file],
    reload: reloadOf("prometheus"),
  };
  return {
    ...operatorService("prometheus", settings),
    command: [
      `--config.file=${config.mount}/current/${file}`,
      "--storage.tsdb.path=/prometheus",
      "--web.enable-lifecycle",
      `--web.listen-address=:${ports.prometheus}`,
    ],
    files: [config],
    data: [{ name: "prometheus-data", mount: "/prometheus", protect: settings.protectData, openedBy: [] }],
    reachesHost: true,
    memory: settings.memory.prometheus,
  };
}

function alertmanager(settings: Settings, webhooks: MonitoringStackArgs["webhooks"]): ServiceSpec {
  const secrets: FileSet = {
    name: "alertmanager-secrets",
    image: "alertmanager",
    owner: nobody,
    mount: "/secrets",
    content: {
      secret: {
        api: webhooks.api.token,
        recorder: webhooks.recorder.token,
        ...secretOf(receiverSecrets(settings.receivers)),
      },
    },
    reload: { kind: "restart" },
  };
  const secretFile = (name: string): string => `${secrets.mount}/current/${name}`;
  const receiver = (name: keyof typeof webhooks): WebhookReceiver => ({
    url: webhooks[name].url,
    tokenFile: secretFile(name),
  });
  const file = "alertmanager.yml";
  const config: FileSet = {
    name: "alertmanager-config",
    image: "alertmanager",
    owner: nobody,
    mount: "/config",
    content: {
      plain: {
        [file]: renderAlertmanager({
          api: receiver("api"),
          recorder: receiver("recorder"),
          others: settings.receivers,
          secretFile,
        }),
      },
    },
    validate: ["amtool", "check-config", file],
    needs: [secrets],
    reload: reloadOf("alertmanager"),
  };
  return {
    ...operatorService("alertmanager", settings),
    command: [
      `--config.file=${config.mount}/current/${file}`,
      "--storage.path=/alertmanager",
      // One of its kind: it has no peers to talk to.
      "--cluster.listen-address=",
      `--web.listen-address=:${ports.alertmanager}`,
    ],
    files: [secrets, config],
    data: [{ name: "alertmanager-data", mount: "/alertmanager", protect: settings.protectData, openedBy: [] }],
    memory: MiB(128),
  };
}

function pushgateway(settings: Settings): ServiceSpec {
  const mount = "/pushgateway";
  return {
    ...operatorService("pushgateway", settings),
    command: [
      `--persistence.file=${mount}/metrics`,
      // What is pushed is a few lines: written soon, so that a crash loses next to nothing.
      "--persistence.interval=5s",
      `--web.listen-address=:${ports.pushgateway}`,
    ],
    data: [{ name: "pushgateway-data", mount, protect: settings.protectData, openedBy: [] }],
    memory: MiB(64),
  };
}
