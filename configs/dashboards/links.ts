/** Where links lead: to a panel, from a panel to the alerts that name it, and on to their runbooks. */
import type { Alert } from "../alerts/alert";
import type { DashboardName, Panel } from "./panels";
import { logSource } from "./source";

/** What dashboards need to know of their surroundings. Addresses as an operator's browser reaches them. */
export interface Surroundings {
  readonly alerts: readonly Alert[];
  /** Alertmanager, without a slash at its end. */
  readonly alertmanager: string;
  /** Page of an alert, by `Alert.runbook`. */
  readonly runbook: (name: string) => string;
  /** Whether there are log lines to look at. */
  readonly logs: boolean;
}

/** Fixed, so that a link in an alert, in a mail or on paper stays right. */
export const uidOf = (name: DashboardName): string => `medassist-${name}`;

/**
 * A panel by itself, in the form that Grafana 13 writes (it still takes a bare number, too). Its own route adds the slug.
 *
 * @param base address of Grafana, without a slash at its end
 */
export const panelUrl = (base: string, { dashboard, id }: Panel): string =>
  `${base}/d/${uidOf(dashboard)}?viewPanel=panel-${id}`;

export interface Link {
  readonly title: string;
  readonly url: string;
}

export const alertsOf = (panel: Panel, alerts: readonly Alert[]): readonly Alert[] =>
  alerts.filter((alert) => alert.panel.dashboard === panel.dashboard && alert.panel.id === panel.id);

/** The runbook of each alert that sends people to this panel, then the log lines about it, then what Alertmanager holds. */
export function linksOf(
  stack: string,
  panel: Panel,
  { alerts, alertmanager, runbook }: Surroundings,
  logs?: string,
): readonly Link[] {
  const mine = alertsOf(panel, alerts);
  return [
    ...mine.map((a) => ({ title: `Runbook: ${a.name} (${a.severity.toUpperCase()})`, url: runbook(a.runbook) })),
    ...(logs === undefined ? [] : [{ title: "Logs", url: logsUrl(logs) }]),
    { title: "Alertmanager", url: alertmanagerUrl(alertmanager, stack, mine) },
  ];
}

/**
 * Log lines in Grafana's Explore, of the time that is on the screen. Explore and not Kibana: whoever looks at a panel is
 * logged in to it already.
 *
 * @param query in Lucene's language; `{{label}}` becomes that label of the series on which somebody clicks
 */
export function logsUrl(query: string): string {
  const panes = {
    logs: {
      datasource: logSource.uid,
      queries: [
        {
          refId: "A",
          datasource: logSource,
          query: query.replace(/\{\{(\w+)\}\}/g, "${__field.labels.$1:percentencode}"),
          metrics: [{ id: "1", type: "logs" }],
          bucketAggs: [],
          timeField: "@timestamp",
        },
      ],
      range: { from: "${__from}", to: "${__to}" },
    },
  };
  // What Grafana replaces must stay readable to it.
  const encoded = JSON.stringify(panes)
    .split(/(\$\{[^}]+\})/)
    .map((part) => (part.startsWith("${") ? part : encodeURIComponent(part)))
    .join("");
  return `/explore?schemaVersion=1&orgId=1&panes=${encoded}`;
}

/** Alertmanager's page of the stack's alerts, of these alone if there are any. */
export function alertmanagerUrl(base: string, stack: string, alerts: readonly Pick<Alert, "name">[] = []): string {
  const names = alerts.map((a) => a.name).join("|");
  const filter = [`stack=${JSON.stringify(stack)}`, ...(names ? [`alertname=~${JSON.stringify(names)}`] : [])];
  return `${base}/#/alerts?filter=${encodeURIComponent(`{${filter.join(",")}}`)}`;
}
