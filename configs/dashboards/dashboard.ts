/**
 * From plain views to Grafana's JSON, through the types and builders of the Foundation SDK. Its v1 builder is marked as
 * deprecated, and stays: Grafana 13 refuses plain v2 JSON from files (grafana/grafana 127928).
 */
import type { Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import { annotationsOf } from "./annotations";
import { flow, type Position } from "./layout";
import { alertmanagerUrl, type Link, linksOf, logsUrl, type Surroundings, uidOf } from "./links";
import { type DashboardName, type Panel, panels } from "./panels";
import { asOfNow, built, mappingsOf, otherUnit, shapeOf, thresholdsOf } from "./shapes";
import { dataSource } from "./source";
import type { Dashboard, Query, View } from "./view";

/** Ids of the rows' titles, above those that panels ever have. */
const firstRowId = 1000;
/** Tag of all dashboards; each also has its own name. */
const tag = "medassist";

/** A dashboard of one stack, as Grafana reads it. */
export function buildDashboard(
  stack: string,
  { name, title, description, views }: Dashboard,
  around: Surroundings,
): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(`MedAssist: ${title}`)
    .uid(uidOf(name))
    .description(description)
    .tags([tag, name])
    .refresh("10s")
    .time({ from: "now-1h", to: "now" })
    .timezone("browser")
    .readonly()
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .variables([])
    .annotations(annotationsOf(stack).map(built))
    .links(
      [toDashboards, link({ title: "Alertmanager", url: alertmanagerUrl(around.alertmanager, stack) })].map(built),
    );
  const items = entriesOf(name, views).map(({ panel, view }) => ({ panel, view, size: view.size, row: view.row }));
  for (const { item, at, rowAt } of flow(items)) {
    if (rowAt && item.row !== undefined) builder.withRow(rowOf(item.row, rowAt));
    builder.withPanel(built(panelOf(stack, item.panel, item.view, at, around)));
  }
  return builder.build();
}

/** Views in the order in which they were written, each with its panel. */
export function entriesOf(
  name: DashboardName,
  views: Readonly<Record<string, View>>,
): readonly { readonly panel: Panel; readonly view: View }[] {
  const own: Readonly<Record<string, Panel>> = panels[name];
  return Object.entries(views).map(([key, view]) => {
    const panel = own[key];
    if (!panel) throw new Error(`the dashboard ${name} has no panel ${key}`);
    return { panel, view };
  });
}

const rowOf = (title: string, at: Position): dashboard.RowBuilder =>
  new dashboard.RowBuilder(title).id(firstRowId + at.y).gridPos({ ...at });

function panelOf(stack: string, panel: Panel, view: View, at: Position, around: Surroundings): dashboard.Panel {
  const { unit, description, thresholds, states = {}, empty = "no data" } = view;
  const logs = around.logs ? view.logs : undefined;
  const timeseries = view.kind === "timeseries";
  const builder = shapeOf(view)
    .id(panel.id)
    .title(panel.title)
    .description(description)
    .datasource(dataSource)
    .gridPos({ ...at })
    .targets(view.queries.map((query, index) => built(targetOf(stack, query, index, view))))
    .links(linksOf(stack, panel, around, logs?.all).map((l) => built(link(l))))
    .unit(unit)
    .noValue(empty)
    .thresholds(built(thresholdsOf(thresholds)))
    .mappings(mappingsOf(states, empty))
    .colorScheme(
      built({ mode: timeseries ? dashboard.FieldColorModeId.PaletteClassic : dashboard.FieldColorModeId.Thresholds }),
    );
  if (view.min !== undefined) builder.min(view.min);
  if (view.max !== undefined) builder.max(view.max);
  if (view.decimals !== undefined) builder.decimals(view.decimals);
  for (const [index, query] of view.queries.entries()) {
    if (query.unit !== undefined) builder.overrideByQuery(refId(index), otherUnit(query.unit, view.kind));
    const each = logs?.each;
    if (each !== undefined && labelsIn(each).every((label) => labelsIn(query.legend).includes(label)))
      builder.overrideByQuery(refId(index), [
        { id: "links", value: [{ title: "Logs", url: logsUrl(each), targetBlank: true }] },
      ]);
  }
  return builder.build();
}

/** Names of the labels that a legend or a query takes from a series. */
const labelsIn = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);

const refId = (index: number): string => String.fromCharCode("A".charCodeAt(0) + index);

function targetOf(stack: string, { expr, legend }: Query, index: number, { kind }: View): Dataquery {
  const query = new prometheus.DataqueryBuilder()
    .refId(refId(index))
    .datasource(dataSource)
    .expr(expr.render(stack))
    .legendFormat(legend)
    .editorMode(prometheus.QueryEditorMode.Code)
    .format(kind === "table" ? prometheus.PromQueryFormat.Table : prometheus.PromQueryFormat.TimeSeries);
  return (asOfNow[kind] ? query.instant() : query.range()).build();
}

/** As a value and not by the SDK's builder, which would hide it in the menu of controls. */
const link = ({ title, url }: Link): dashboard.DashboardLink => ({
  title,
  url,
  type: dashboard.DashboardLinkType.Link,
  icon: "external link",
  tooltip: "",
  tags: [],
  asDropdown: false,
  targetBlank: true,
  includeVars: false,
  keepTime: false,
});

/** To all others, at the same time. */
const toDashboards: dashboard.DashboardLink = {
  title: "Dashboards",
  type: dashboard.DashboardLinkType.Dashboards,
  icon: "dashboard",
  tooltip: "",
  tags: [tag],
  asDropdown: false,
  targetBlank: false,
  includeVars: false,
  keepTime: true,
};
