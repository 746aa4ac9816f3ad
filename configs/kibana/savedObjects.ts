/**
 * Kibana's saved objects, as `POST /api/saved_objects/_import?overwrite=true` takes them: the same ids each time, so that
 * an import replaces what the last one made.
 *
 * The versions are those of the objects that Kibana 9 ships as its own samples (elastic/kibana, `home/server/services/
 * sample_data/data_sets/logs/saved_objects.ts`); whatever is newer is made of them at the import. From 9.4 on, what is
 * chosen above a dashboard is called `pinned_panels`, and `controlGroupInput` is read as before
 * (`dashboard/server/api/transforms/out/transform_pinned_panels_out.ts`).
 */
import { flow } from "../dashboards/layout";
import { dataView, logStreams } from "../logs/streams";
import { logDashboards, request } from "./dashboards";
import { toKql } from "./filters";
import { lensOf, type Reference } from "./lens";
import type { Choice, Lines, LogDashboard, LogPanel } from "./view";

export interface SavedObject {
  readonly type: "index-pattern" | "search" | "dashboard";
  readonly id: string;
  readonly coreMigrationVersion: string;
  readonly typeMigrationVersion: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly Reference[];
}

const coreMigrationVersion = "8.8.0";
const typeMigrationVersions = { "index-pattern": "7.11.0", search: "7.9.3", dashboard: "8.7.0" } as const;

const object = (
  type: SavedObject["type"],
  id: string,
  attributes: SavedObject["attributes"],
  references: readonly Reference[] = [],
): SavedObject => ({
  type,
  id,
  coreMigrationVersion,
  typeMigrationVersion: typeMigrationVersions[type],
  attributes,
  references,
});

/** Ids of the data views: that of the lines, and that of what could not be stored as a line. */
export const dataViewIds = { logs: "medassist-logs", failed: "medassist-failed" } as const;

/** All of them, in the order in which they refer to each other. */
export const savedObjects = (): readonly SavedObject[] => [
  logsView(),
  object("index-pattern", dataViewIds.failed, viewAttributes(logStreams.failed.name, "Lines that were refused", {})),
  ...logDashboards.flatMap(dashboardWithSearches),
];

/** The text of the file that is imported: an object a line. */
export const renderSavedObjects = (): string =>
  savedObjects()
    .map((saved) => `${JSON.stringify(saved)}\n`)
    .join("");

const logsView = (): SavedObject =>
  object(
    "index-pattern",
    dataViewIds.logs,
    viewAttributes(dataView, dataView, {
      duration: {
        id: "duration",
        params: { inputFormat: "seconds", outputFormat: "asMilliseconds", outputPrecision: 1, showSuffix: true },
      },
      request_id: { id: "url", params: { urlTemplate: requestUrl("{{value}}"), labelTemplate: "{{value}}" } },
    }),
  );

const viewAttributes = (title: string, name: string, formats: object): SavedObject["attributes"] => ({
  title,
  name,
  timeFieldName: "@timestamp",
  fields: "[]",
  fieldAttrs: "{}",
  fieldFormatMap: JSON.stringify(formats),
  runtimeFieldMap: "{}",
  sourceFilters: "[]",
  typeMeta: "{}",
});

/** The dashboard of one request. A place holder that Kibana replaces must not be encoded. */
const requestUrl = (id: string): string =>
  `/app/dashboards#/view/${request.name}?_a=(query:(language:kuery,query:'request_id:%22${id}%22'))`;

/** How often a dashboard is asked anew, in milliseconds. */
const refresh = 10_000;

/** A dashboard, after the searches that it shows. */
function dashboardWithSearches({ name, title, description, choices, panels }: LogDashboard): SavedObject[] {
  const items = Object.entries(panels).map(([key, panel]) => ({ key, panel, size: panel.size }));
  const searches = items.flatMap(({ key, panel }) =>
    panel.kind === "lines" ? [searchOf(`${name}-${key}`, panel)] : [],
  );
  const placed = flow(items).map(({ item: { key, panel }, at }) => ({
    key,
    panel,
    // Kibana's grid is twice as fine from left to right.
    gridData: { x: at.x * 2, y: at.y, w: at.w * 2, h: at.h, i: key },
  }));
  const shown = placed.map(({ key, panel, gridData }) => ({ ...panelOf(name, key, panel), gridData }));
  const attributes = {
    title,
    description,
    kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify({ query: noQuery, filter: [] }) },
    timeRestore: true,
    timeFrom: "now-1h",
    timeTo: "now",
    refreshInterval: { pause: false, value: refresh },
    controlGroupInput: controls(choices),
    optionsJSON: JSON.stringify({
      useMargins: true,
      syncColors: false,
      syncCursor: true,
      syncTooltips: false,
      hidePanelTitles: false,
    }),
    panelsJSON: JSON.stringify(shown.map(({ references: _, ...panel }) => panel)),
    version: 1,
  };
  const references = [
    ...shown.flatMap(({ panelIndex, references: own }) =>
      own.map((reference) => ({ ...reference, name: `${panelIndex}:${reference.name}` })),
    ),
    ...choices.map(({ field }) => viewReference(`controlGroup_${field}:optionsListDataView`)),
  ];
  return [...searches, object("dashboard", name, attributes, references)];
}

const noQuery = { language: "kuery", query: "" };
const viewReference = (name: string): Reference => ({ type: "index-pattern", id: dataViewIds.logs, name });

function panelOf(dashboard: string, key: string, panel: LogPanel) {
  const base = { version: "8.8.0", panelIndex: key, title: panel.title };
  if (panel.kind === "lines") {
    const panelRefName = `panel_${key}`;
    return {
      ...base,
      type: "search",
      panelRefName,
      embeddableConfig: { enhancements: {} },
      references: [{ type: "search", id: `${dashboard}-${key}`, name: panelRefName }] satisfies Reference[],
    };
  }
  const { attributes, references } = lensOf(panel, dataViewIds.logs);
  return { ...base, type: "lens", embeddableConfig: { attributes, enhancements: {} }, references };
}

function searchOf(id: string, { title, description, filters, columns, first }: Lines): SavedObject {
  const indexRefName = "kibanaSavedObjectMeta.searchSourceJSON.index";
  const source = {
    query: { language: "kuery", query: toKql(filters) },
    filter: [],
    highlightAll: true,
    version: true,
    indexRefName,
  };
  const attributes = {
    title: `MedAssist: ${title}`,
    description,
    columns,
    sort: [["@timestamp", first === "newest" ? "desc" : "asc"]],
    kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify(source) },
    timeRestore: false,
    hits: 0,
    version: 1,
  };
  return object("search", id, attributes, [viewReference(indexRefName)]);
}

/** What can be chosen above a dashboard; one choice narrows what the next one offers. */
function controls(choices: readonly Choice[]): object {
  const panels = choices.map(({ field, title, single = false }, order) => [
    field,
    {
      order,
      type: "optionsListControl",
      width: single ? "large" : "medium",
      grow: true,
      explicitInput: { id: field, fieldName: field, title, singleSelect: single, enhancements: {} },
    },
  ]);
  return {
    controlStyle: "oneLine",
    chainingSystem: "HIERARCHICAL",
    panelsJSON: JSON.stringify(Object.fromEntries(panels)),
    ignoreParentSettingsJSON: JSON.stringify({
      ignoreFilters: false,
      ignoreQuery: false,
      ignoreTimerange: false,
      ignoreValidations: false,
    }),
  };
}
