/** Grafana's provisioning files: where it gets its data, and where its dashboards. */
import { yaml } from "../rules";
import { dataSource } from "./source";

export interface ProvisioningInput {
  /** Prometheus, as Grafana reaches it. */
  readonly prometheus: string;
  /** Folder with the dashboards' files, as Grafana sees it. */
  readonly dashboards: string;
}

/** Seconds after which a changed file is noticed. */
const updateInterval = 10;

/** The text of a file for `provisioning/datasources`. */
export const renderDataSources = ({ prometheus }: Pick<ProvisioningInput, "prometheus">): string =>
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
    ],
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
