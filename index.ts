// A stack trace for every promise is most of what a no-op `up` costs (docs/traps.md, Traces).
if (!process.env.MEDASSIST_TRACES) Error.stackTraceLimit = 0;

import * as pulumi from "@pulumi/pulumi";
import { ApiCluster, apiThreads } from "./components/ApiCluster";
import { DataStores } from "./components/DataStores";
import { Frontend } from "./components/Frontend";
import { DockerPlatform } from "./components/platform/docker/DockerPlatform";
import { readSettings } from "./configs/readSettings";
import { mostReplicas } from "./configs/settings";
import { seconds } from "./configs/units";
import { publicUrl, reachableHost } from "./configs/urls";

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

const entryUrl = publicUrl(settings, settings.ports.entry);
platform.gate(
  { name: "The platform's gate", url: `${entryUrl}/ready`, within: seconds(30) },
  { parent: platform, after: [data.ready.mysql, data.ready.redis, ...api.ready, frontend.ready] },
);

/** The patients' page. */
export const appUrl = publicUrl(settings, settings.ports.frontend);
/** The entry of the API: HAProxy. */
export const apiUrl = entryUrl;
/** HAProxy's statistics page. */
export const statsUrl = `http://${reachableHost(settings.adminAddress)}:${settings.ports.stats}/stats`;
export const statsUser = api.stats.user;
export const statsPassword = pulumi.secret(api.stats.password);
/** MySQL's root, who can log in from inside the container only. */
export const mysqlRootPassword = pulumi.secret(data.sqlRootPassword);
