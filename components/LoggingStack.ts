import * as pulumi from "@pulumi/pulumi";
import type { Alert } from "../configs/alerts/alert";
import { loggingAlerts } from "../configs/alerts/logging";
import { elasticsearchHost } from "../configs/elasticsearch";
import { canBeHad } from "../configs/images";
import { type LogAccount, logAccounts, logAdmin, logUsers } from "../configs/logs/streams";
import { ports } from "../configs/ports";
import { type LogSource, metricsOf, type ScrapeTarget } from "../configs/roles";
import type { Settings } from "../configs/settings";
import { reachableHost } from "../configs/urls";
import { serverCertificate } from "./certificates";
import { Kibana } from "./Kibana";
import {
  elasticsearch,
  exporter,
  exporterName,
  filebeat,
  keeper,
  keeperName,
  shipperName,
  storeUrl,
} from "./logServices";
import { password } from "./passwords";
import type { Platform, Ready } from "./platform/platform";
import type { SecretText } from "./platform/spec";

export interface LoggingStackArgs {
  readonly platform: Platform;
  readonly settings: Settings;
  /** What the other components expose. */
  readonly sources: readonly LogSource[];
}

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
  /** The same as the containers call it. */
  readonly store: LoggingStack["reader"];
  /** Its image can only be pulled. */
  readonly hasKibana: boolean;
  readonly ready: readonly Ready[];

  constructor(name: string, { platform, settings, sources }: LoggingStackArgs, opts?: pulumi.ComponentResourceOptions) {
    super("medassist:index:LoggingStack", name, {}, opts);
    const certificate = serverCertificate(elasticsearchHost, [elasticsearchHost, "localhost"], this);
    const made = Object.fromEntries(
      logAccounts.map((account) => [account, password(`logs-${account}`, settings.secretsEpoch, this)]),
    ) as Record<LogAccount, ReturnType<typeof password>>;
    const passwords = Object.fromEntries(logAccounts.map((a) => [a, made[a].result])) as Record<LogAccount, SecretText>;
    const all = [...sources, ...own];

    this.reader = {
      url: `https://${reachableHost(settings.adminAddress)}:${settings.ports.elasticsearch}`,
      user: logUsers.reader.name,
      password: passwords[logUsers.reader.name],
      ca: certificate.authority,
    };
    this.scrapeTargets = [
      metricsOf("log-keeper", keeperName, ports.logKeeper),
      metricsOf("elasticsearch", exporterName, ports.elasticsearchExporter),
    ];
    this.hasKibana = canBeHad("kibana", settings.imageSource);
    this.store = { ...this.reader, url: storeUrl };
    const kibana = this.hasKibana
      ? new Kibana("kibana", { platform, settings, store: this.store, passwords }, { parent: this }).ready
      : [];
    const services = [
      elasticsearch(settings, certificate, made[logAdmin].bcryptHash),
      filebeat(settings, all, certificate, passwords),
      keeper(settings, all, certificate, passwords),
      exporter(certificate, passwords),
    ];
    this.ready = [...services.map((spec) => platform.service(spec, { parent: this })), ...kibana];
    this.registerOutputs({});
  }
}

/** The keeper writes a test line every few seconds. */
const own: readonly LogSource[] = [
  { service: keeperName, format: "json", quiet: false },
  { service: shipperName, format: "json", quiet: true },
];
