/** The system, wired as index.ts does, on a platform that only records. Run it with `declare` of test/support/mocks.ts. */
import * as pulumi from "@pulumi/pulumi";
import { ApiCluster, apiThreads } from "../../components/ApiCluster";
import { DataStores } from "../../components/DataStores";
import { Frontend } from "../../components/Frontend";
import { readSettings } from "../../configs/readSettings";
import { mostReplicas } from "../../configs/settings";
import { seconds } from "../../configs/units";
import { RecordingPlatform } from "./recordingPlatform";

export const settings = readSettings();
export const platform = new RecordingPlatform(settings.imageSource);
const root = new pulumi.ComponentResource("medassist:test:Root", "root");

export const data = new DataStores("data", { platform, settings, sqlClients: mostReplicas * apiThreads });
export const api = new ApiCluster("api", {
  platform,
  settings,
  sql: data.sql.app,
  schema: { sql: data.sql.migrate, after: data.ready.mysql },
  cache: data.cache.app,
});
export const frontend = new Frontend("frontend", { platform, settings, upstream: api.entry });
platform.gate({ name: "gate", url: "http://127.0.0.1/ready", within: seconds(30) }, { parent: root });
