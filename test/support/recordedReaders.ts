/** Kibana and Grafana with logs, on a platform that only records. Run it with `declare` of test/support/mocks.ts. */
import * as pulumi from "@pulumi/pulumi";
import { Grafana } from "../../components/Grafana";
import { Kibana } from "../../components/Kibana";
import { logAccounts } from "../../configs/logs/streams";
import { readSettings } from "../../configs/readSettings";
import { RecordingPlatform } from "./recordingPlatform";

export const settings = readSettings();
export const platform = new RecordingPlatform(settings.imageSource);
const passwords = Object.fromEntries(logAccounts.map((a) => [a, pulumi.secret(`S3cret of ${a}`)])) as Record<
  (typeof logAccounts)[number],
  pulumi.Output<string>
>;
const store = { url: "https://elasticsearch:9200", ca: pulumi.output("certificate of the authority") };

export const kibana = new Kibana("kibana", { platform, settings, store, passwords });
export const grafana = new Grafana("grafana", {
  platform,
  settings,
  alerts: [],
  prometheusUrl: "http://prometheus:9090",
  logs: { ...store, user: "log_reader", password: passwords.log_reader },
});
