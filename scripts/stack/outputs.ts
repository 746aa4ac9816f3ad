import { canBeHad } from "../../configs/images";
import type { Settings } from "../../configs/settings";
import type { PulumiSession } from "./session";

/** Prints where the platform is and how to log in: the last thing that `npm run up` says. */
export async function printOutputs(session: PulumiSession, settings: Settings): Promise<void> {
  const outputs = JSON.parse(await session.capture(["stack", "output", "--json"])) as Record<string, string>;
  const secret = (name: string) => `npm run -s output -- ${name}`;
  process.stdout.write(`
The platform ${settings.stack} is ready: ${settings.replicas} API replica${settings.replicas === 1 ? "" : "s"}, images from ${settings.imageSource === "registry" ? "the registry" : "local builds"}.

  Patients' page      ${outputs.appUrl}
  API                 ${outputs.apiUrl}/api/payment
  HAProxy statistics  ${outputs.statsUrl}   user ${outputs.statsUser}, password: ${secret("statsPassword")}
${settings.monitoring ? watched(outputs, settings, secret) : ""}${settings.logging ? logged(outputs, settings) : ""}
  What runs: npm run status     Take it down, data kept: npm run down
`);
}

function watched(
  outputs: Readonly<Record<string, string>>,
  settings: Settings,
  secret: (name: string) => string,
): string {
  const grafana = canBeHad("grafana", settings.imageSource)
    ? `  Grafana             ${outputs.grafanaUrl}   user ${outputs.grafanaUser}, password: ${secret("grafanaPassword")}\n`
    : "  Grafana             not deployed: its image can only be pulled, and no registry can be reached\n";
  return `  Status page         ${outputs.incidentsUrl}   user ${outputs.incidentsUser}, password: ${secret("incidentsPassword")}
  Prometheus          ${outputs.prometheusUrl}
  Alertmanager        ${outputs.alertmanagerUrl}
${grafana}`;
}

function logged(outputs: Readonly<Record<string, string>>, settings: Settings): string {
  const kibana = canBeHad("kibana", settings.imageSource)
    ? `  Kibana              ${outputs.kibanaUrl}   user and password: npm run -s output -- logs\n`
    : "  Kibana              not deployed: its image can only be pulled, and no registry can be reached\n";
  return `  Logs                npm run logs     npm run logs:search -- TEXT\n${kibana}`;
}
