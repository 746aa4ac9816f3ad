import * as pulumi from "@pulumi/pulumi";
import type { Alert } from "../configs/alerts/alert";
import { renderDashboardProvider, renderDataSources } from "../configs/dashboards/provisioning";
import { ports } from "../configs/ports";
import type { Settings } from "../configs/settings";
import { MiB, seconds } from "../configs/units";
import { adminUrl } from "../configs/urls";
import { password } from "./passwords";
import type { Platform, Ready } from "./platform/platform";
import { Probe, unhurried } from "./platform/probe";
import type { FileSet, SecretText, ServiceSpec } from "./platform/spec";

export interface GrafanaArgs {
  readonly platform: Platform;
  readonly settings: Settings;
  readonly alerts: readonly Alert[];
  /** Prometheus, as the containers call it. */
  readonly prometheusUrl: string;
  /** Elasticsearch, as the containers call it, and who reads in it. @default none: no logging */
  readonly logs?: LogsAccess | undefined;
}

export interface LogsAccess {
  readonly url: string;
  readonly user: string;
  readonly password: SecretText;
  /** Certificate authority (PEM). */
  readonly ca: pulumi.Output<string>;
}

/** Grafana with every dashboard, from files. Its image cannot be built here: it runs only where images can be pulled. */
export class Grafana extends pulumi.ComponentResource {
  readonly admin: { readonly user: string; readonly password: SecretText };
  readonly ready: Ready;

  constructor(name: string, args: GrafanaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("medassist:index:Grafana", name, {}, opts);
    const adminPassword = password("grafana-admin", args.settings.secretsEpoch, this).result;
    this.admin = { user: "admin", password: adminPassword };
    this.ready = args.platform.service(grafana(args, adminPassword), { parent: this });
    this.registerOutputs({});
  }
}

const owner = { uid: 472, gid: 0 };

/** Loaded only where it is needed: Grafana's SDK costs each `up` a tenth of a second. */
const dashboards = () => require("../configs/dashboards/render") as typeof import("../configs/dashboards/render");

function grafana({ settings, alerts, prometheusUrl, logs }: GrafanaArgs, adminPassword: SecretText): ServiceSpec {
  const secrets: FileSet = {
    name: "grafana-secrets",
    image: "grafana",
    owner,
    mount: "/secrets",
    content: {
      secret: { admin: adminPassword, ...(logs ? { "logs-password": logs.password, "logs-ca.crt": logs.ca } : {}) },
    },
    reload: { kind: "restart" },
  };
  const mount = "/config";
  const boards = "boards";
  const files = dashboards().renderDashboards(settings.stack, {
    alerts,
    alertmanager: adminUrl(settings, "alertmanager"),
    runbook: (page) => `${adminUrl(settings, "incidents")}/runbooks/${page}`,
    logs: logs !== undefined,
  });
  const config: FileSet = {
    name: "grafana-config",
    image: "grafana",
    owner,
    mount,
    content: {
      plain: {
        "datasources/prometheus.yml": renderDataSources({
          prometheus: prometheusUrl,
          logs: logs && {
            url: logs.url,
            user: logs.user,
            passwordFile: `${secrets.mount}/current/logs-password`,
            authorityFile: `${secrets.mount}/current/logs-ca.crt`,
          },
        }),
        "dashboards/medassist.yml": renderDashboardProvider({ dashboards: `${mount}/current/${boards}` }),
        ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`${boards}/${name}`, text])),
      },
    },
    reload: { kind: "watched" },
  };
  return {
    name: "grafana",
    image: "grafana",
    env: {
      GF_PATHS_PROVISIONING: `${mount}/current`,
      GF_SECURITY_ADMIN_PASSWORD__FILE: `${secrets.mount}/current/admin`,
      GF_SERVER_HTTP_PORT: String(ports.grafana),
      GF_AUTH_ANONYMOUS_ENABLED: "false",
      GF_USERS_ALLOW_SIGN_UP: "false",
      // Nothing is asked of the internet.
      GF_ANALYTICS_REPORTING_ENABLED: "false",
      GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
      GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
      GF_PLUGINS_PREINSTALL_DISABLED: "true",
      // Data sources are plugins since version 13. To update one, it is stopped first, and stays so where the image cannot
      // be written to (grafana/grafana 132528).
      GF_PLUGINS_PREINSTALL_AUTO_UPDATE: "false",
      GF_NEWS_NEWS_FEED_ENABLED: "false",
    },
    owner,
    files: [secrets, config],
    // Everything it shows comes from files, so nothing of its own has to outlive it, and a new password is in force at once.
    tmpfs: [{ mount: "/tmp" }, { mount: "/var/lib/grafana", owner }],
    networks: ["monitoring"],
    publish: [{ internal: ports.grafana, external: settings.ports.grafana, address: settings.adminAddress }],
    probe: Probe.http("/api/health", ports.grafana, unhurried),
    awaited: false,
    memory: MiB(384),
    stopGrace: seconds(15),
  };
}
