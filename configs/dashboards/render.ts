/** The files that Grafana reads its dashboards from. */
import { buildDashboard, entriesOf } from "./dashboard";
import { data } from "./data";
import { ha } from "./ha";
import type { Surroundings } from "./links";
import { logs } from "./logs";
import { monitoring } from "./monitoring";
import { overview } from "./overview";
import type { DashboardName, Panel } from "./panels";
import { red } from "./red";
import { slo } from "./slo";
import { use } from "./use";
import type { Dashboard, Query } from "./view";

/** Every dashboard; one that is missing here does not compile. */
export const dashboards: { readonly [N in DashboardName]: Dashboard<N> } = {
  overview,
  use,
  red,
  ha,
  data,
  slo,
  monitoring,
  logs,
};

export type DashboardFile = `${DashboardName}.json`;

/** The text of each file, by its name. */
export const renderDashboards = (stack: string, around: Surroundings): Readonly<Record<DashboardFile, string>> =>
  Object.fromEntries(
    Object.values<Dashboard>(dashboards).map((d) => [`${d.name}.json`, stableJson(buildDashboard(stack, d, around))]),
  ) as Record<DashboardFile, string>;

function eventOnlyMetric({ expr }: Query): string | undefined {
  return expr.selectors.map(({ metric }) => metric.definition.eventOnly).find((reason) => reason !== undefined);
}

/** A query of a panel, by itself. */
export interface PanelQuery {
  readonly panel: Panel;
  readonly query: Query;
  /** Why a healthy, idle stack may have no such series; undefined if it always has. */
  readonly eventOnly: string | undefined;
}

/** Every query of every panel, so that a test can ask Prometheus all of them. */
export const panelQueries: readonly PanelQuery[] = Object.values<Dashboard>(dashboards).flatMap(({ name, views }) =>
  entriesOf(name, views).flatMap(({ panel, view }) =>
    view.queries.map((query) => ({ panel, query, eventOnly: query.eventOnly ?? eventOnlyMetric(query) })),
  ),
);

/** JSON with its keys in alphabetical order, so that a new version of the SDK changes only what it changes. */
function stableJson(value: unknown): string {
  const sorted = (_: string, v: unknown): unknown =>
    typeof v === "object" && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v;
  return `${JSON.stringify(value, sorted, 2)}\n`;
}
