/** Grafana's provisioning files: where it gets its data, and where its dashboards. */

import { dataView } from "../logs/streams";
import { yaml } from "../rules";
import { dataSource, logSource } from "./source";

export interface ProvisioningInput {
  /** Prometheus, as Grafana reaches it. */
  readonly prometheus: string;
  /** Elasticsearch, as Grafana reaches it, and as whom; undefined without logs. */
  readonly logs: LogsInput | undefined;
  /** Folder with the dashboards' files, as Grafana sees it. */
  readonly dashboards: string;
}

export interface LogsInput {
  readonly url: string;
  readonly user: string;
  /** Files, as Grafana sees them: the password, and the certificate of the authority that is believed. */
  readonly passwordFile: string;
  readonly authorityFile: string;
}

/** Seconds after which a changed file is noticed. */
const updateInterval = 10;

/** The text of a file for `provisioning/datasources`. */
export const renderDataSources = ({ prometheus, logs }: Pick<ProvisioningInput, "prometheus" | "logs">): string =>
  yaml({
    apiVersion: 1,
    datasources: [
      {
        name: "Prometheus",
        ...dataSource,
        access: "proxy",
        url: literal(prometheus),
        isDefault: true,
        editable: false,
        // The shortest interval at which anything is scraped: finer steps would only repeat values.
        jsonData: { timeInterval: "5s", httpMethod: "POST" },
      },
      ...(logs ? [logDataSource(logs)] : []),
    ],
  });

const logDataSource = ({ url, user, passwordFile, authorityFile }: LogsInput): object => ({
  name: "Logs",
  ...logSource,
  access: "proxy",
  url: literal(url),
  editable: false,
  basicAuth: true,
  basicAuthUser: literal(user),
  jsonData: {
    index: dataView,
    timeField: "@timestamp",
    logMessageField: "message",
    logLevelField: "level",
    tlsAuthWithCACert: true,
    // New lines can be found once a second.
    timeInterval: "1s",
  },
  // Grafana reads the files itself, so nothing secret stands in this one.
  secureJsonData: { basicAuthPassword: `$__file{${passwordFile}}`, tlsCACert: `$__file{${authorityFile}}` },
});

/** The text of a file for `provisioning/dashboards`. */
export const renderDashboardProvider = ({ dashboards }: Pick<ProvisioningInput, "dashboards">): string =>
  yaml({
    apiVersion: 1,
    providers: [
      {
        name: "medassist",
        orgId: 1,
        folder: "MedAssist",
        folderUid: "medassist",
        type: "file",
        allowUiUpdates: false,
        // Grafana knows files by where a link leads. The link `current` leads elsewhere after each change, and Grafana
        // would delete every dashboard and make it anew, without its stars (grafana/grafana 80055).
        disableDeletion: true,
        updateIntervalSeconds: updateInterval,
        options: { path: literal(dashboards), foldersFromFilesStructure: false },
      },
    ],
  });

/** Grafana would replace `$NAME` by a variable of its environment. */
const literal = (text: string): string => text.replaceAll("$", "$$$$");
