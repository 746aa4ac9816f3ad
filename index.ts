// A stack trace for every promise is most of what a no-op `up` costs (docs/traps.md, Traces).
if (!process.env.MEDASSIST_TRACES) Error.stackTraceLimit = 0;

import * as pulumi from "@pulumi/pulumi";
import { ApiCluster, apiThreads } from "./components/ApiCluster";
import { DataStores } from "./components/DataStores";
import { Exporters } from "./components/Exporters";
import { Frontend } from "./components/Frontend";
import { Grafana } from "./components/Grafana";
import { HostAgents } from "./components/HostAgents";
import { IncidentRecorder } from "./components/IncidentRecorder";
import { LoggingStack } from "./components/LoggingStack";
import { MonitoringStack, monitoringUrls } from "./components/MonitoringStack";
import { DockerPlatform } from "./components/platform/docker/DockerPlatform";
import { canBeHad } from "./configs/images";
import { readSettings } from "./configs/readSettings";
import { mostReplicas } from "./configs/settings";
import { sloAlerts, sloRecordings } from "./configs/slos";
import { seconds } from "./configs/units";
import { adminUrl, publicUrl } from "./configs/urls";

const settings = readSettings();
const platform = new DockerPlatform("medassist", settings);

// Room for the most replicas there may be, not for today's: MySQL would have to be restarted for each new one.
const data = new DataStores("data", { platform, settings, sqlClients: mostReplicas * apiThreads });
const api = new ApiCluster("api", {
  platform,
  settings,
  sql: data.sql.app,
  schema: { sql: data.sql.migrate, after: data.ready.mysql },
  cache: data.cache.app,
});
const frontend = new Frontend("frontend", { platform, settings, upstream: api.entry });
const sources = [api, frontend, IncidentRecorder].flatMap((component) => component.logSources);
const logging = settings.logging ? new LoggingStack("logging", { platform, settings, sources }) : undefined;
const watch = settings.monitoring ? watched() : undefined;

/** What watches all of the above, and whom it tells. */
function watched() {
  const exporters = new Exporters("exporters", {
    platform,
    sql: data.sql.metrics,
    cache: data.cache.metrics,
    nginxStatus: frontend.statusUrl,
    probes: [...frontend.probes, ...api.probes],
  });
  const hostAgents = new HostAgents("host", { platform, settings });
  const incidents = new IncidentRecorder("incidents", {
    platform,
    settings,
    webhook: api.alertWebhook,
    prometheusUrl: monitoringUrls.prometheus,
    alertmanagerUrl: monitoringUrls.alertmanager,
  });
  const monitoring = new MonitoringStack("monitoring", {
    platform,
    settings,
    scrape: [api, exporters, hostAgents, incidents, ...(logging ? [logging] : [])].flatMap((c) => c.scrapeTargets),
    alerts: [data, api, hostAgents, ...(logging ? [logging] : [])].flatMap((component) => component.alerts),
    slos: { alerts: sloAlerts, recordings: sloRecordings },
    webhooks: { api: api.alertWebhook, recorder: incidents.alertWebhook },
  });
  const grafana = canBeHad("grafana", settings.imageSource)
    ? new Grafana("grafana", {
        platform,
        settings,
        alerts: monitoring.alerts,
        prometheusUrl: monitoringUrls.prometheus,
        ...(logging ? { logs: logging.store } : {}),
      })
    : undefined;
  const ready = [...exporters.ready, ...hostAgents.ready, incidents.ready, ...monitoring.ready];
  return { incidents, monitoring, grafana, ready: grafana ? [...ready, grafana.ready] : ready };
}

const entryUrl = publicUrl(settings, settings.ports.entry);
const gate = platform.gate(
  { name: "The platform's gate", url: `${entryUrl}/ready`, within: seconds(30) },
  {
    parent: platform,
    after: [
      data.ready.mysql,
      data.ready.redis,
      ...api.ready,
      frontend.ready,
      ...(watch?.ready ?? []),
      ...(logging?.ready ?? []),
    ],
  },
);

watch?.monitoring.announceChange(gate);

/** The patients' page. */
export const appUrl = publicUrl(settings, settings.ports.frontend);
/** The entry of the API: HAProxy. */
export const apiUrl = entryUrl;
/** HAProxy's statistics page. */
export const statsUrl = `${adminUrl(settings, "stats")}/stats`;
export const statsUser = api.stats.user;
export const statsPassword = pulumi.secret(api.stats.password);
/** MySQL's root, who can log in from inside the container only. */
export const mysqlRootPassword = pulumi.secret(data.sqlRootPassword);
/** Prometheus, Alertmanager, and the incident recorder's status page; empty without monitoring. */
export const prometheusUrl = watch ? adminUrl(settings, "prometheus") : "";
export const alertmanagerUrl = watch ? adminUrl(settings, "alertmanager") : "";
export const incidentsUrl = watch ? adminUrl(settings, "incidents") : "";
/** Grafana; empty without monitoring, and where its image cannot be had. */
export const grafanaUrl = watch?.grafana ? adminUrl(settings, "grafana") : "";
export const grafanaUser = watch?.grafana?.admin.user ?? "";
export const grafanaPassword = watch?.grafana ? pulumi.secret(watch.grafana.admin.password) : "";
export const incidentsUser = watch?.incidents.admin.user ?? "";
export const incidentsPassword = watch ? pulumi.secret(watch.incidents.admin.password) : "";
/** Where log lines are searched, and as whom; empty without logging. */
export const logs = logging ? pulumi.secret(pulumi.output(logging.reader)) : "";
/** Kibana; empty without logging, and where its image cannot be had. */
export const kibanaUrl = logging?.hasKibana ? adminUrl(settings, "kibana") : "";
