/** Kibana's dashboards. Kibana itself cannot be had here: what it would be given is checked, and what it would ask. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { logDashboards } from "../../configs/kibana/dashboards";
import { toKql, toQuery } from "../../configs/kibana/filters";
import { panelQueries, rangesOf } from "../../configs/kibana/queries";
import { renderSavedObjects, type SavedObject } from "../../configs/kibana/savedObjects";
import type { LogPanel } from "../../configs/kibana/view";
import { logFields } from "../../configs/logs/fields";

const text = renderSavedObjects();
const objects = text
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as SavedObject);
const ofType = (type: SavedObject["type"]): SavedObject[] => objects.filter((saved) => saved.type === type);
const attribute = (saved: SavedObject, name: string): string => saved.attributes[name] as string;

interface Column {
  label: string;
  operationType: string;
  sourceField: string;
  isBucketed: boolean;
  params: Record<string, unknown>;
}
interface DashboardPanel {
  type: string;
  title: string;
  panelIndex: string;
  panelRefName?: string;
  gridData: { x: number; y: number; w: number; h: number; i: string };
  embeddableConfig: {
    attributes?: {
      visualizationType: string;
      references: { id: string; name: string }[];
      state: {
        query: { query: string };
        datasourceStates: {
          formBased: { layers: Record<string, { columnOrder: string[]; columns: Record<string, Column> }> };
        };
        visualization: {
          layerId?: string;
          columns?: { columnId: string }[];
          layers?: { layerId: string; accessors: string[]; xAccessor: string; splitAccessor?: string }[];
        };
      };
    };
  };
}
const panelsOf = (dashboard: SavedObject): DashboardPanel[] => JSON.parse(attribute(dashboard, "panelsJSON"));
const dashboards = ofType("dashboard");
const everyPanel = dashboards.flatMap((dashboard) => panelsOf(dashboard).map((panel) => ({ dashboard, panel })));

describe("Kibana's saved objects", () => {
  it("are the data view of the report, one of refused lines, two dashboards and the searches in them, each once", () => {
    const [view] = ofType("index-pattern");
    expect(view?.attributes).to.include({ title: "filebeat-*", timeFieldName: "@timestamp" });
    expect(objects.map(({ type, id }) => `${type} ${id}`)).to.deep.equal([
      "index-pattern medassist-logs",
      "index-pattern medassist-failed",
      "search medassist-logs-live",
      "dashboard medassist-logs",
      "search medassist-request-story",
      "dashboard medassist-request",
    ]);
  });

  it("refer only to each other, and to what they begin after", () => {
    const before = new Set<string>();
    for (const { type, id, references } of objects) {
      for (const reference of references) expect(before, id).to.include(`${reference.type} ${reference.id}`);
      expect(new Set(references.map(({ name }) => name)).size, id).to.equal(references.length);
      before.add(`${type} ${id}`);
    }
  });

  it("are of the versions that Kibana 9 has in its own samples, and newer ones are made of", () => {
    for (const { coreMigrationVersion } of objects) expect(coreMigrationVersion).to.equal("8.8.0");
    const versions = new Map(objects.map(({ type, typeMigrationVersion }) => [type, typeMigrationVersion]));
    expect(Object.fromEntries(versions)).to.deep.equal({
      "index-pattern": "7.11.0",
      search: "7.9.3",
      dashboard: "8.7.0",
    });
  });

  it("have only attributes that Kibana knows: it refuses others", () => {
    const known: Readonly<Record<SavedObject["type"], string>> = {
      "index-pattern":
        "title name timeFieldName fields fieldAttrs fieldFormatMap runtimeFieldMap sourceFilters typeMeta",
      search: "title description columns sort kibanaSavedObjectMeta timeRestore hits version",
      // dashboard/server/dashboard_saved_object/schema/v1
      dashboard:
        "title description kibanaSavedObjectMeta timeRestore timeFrom timeTo refreshInterval controlGroupInput panelsJSON optionsJSON hits version",
    };
    for (const { type, attributes } of objects)
      expect(known[type].split(" ")).to.include.members(Object.keys(attributes));
  });

  for (const dashboard of dashboards) {
    it(`${dashboard.id} stands in the grid, and has every reference of its panels under its own name`, () => {
      const taken = new Set<string>();
      const names = dashboard.references.map(({ name }) => name);
      for (const { gridData, panelIndex, panelRefName, type, embeddableConfig } of panelsOf(dashboard)) {
        const { x, y, w, h, i } = gridData;
        expect(i).to.equal(panelIndex);
        expect(x + w).to.be.at.most(48);
        for (let column = x; column < x + w; column++)
          for (let line = y; line < y + h; line++) {
            expect(taken.has(`${column},${line}`), `${panelIndex} at ${column},${line}`).to.equal(false);
            taken.add(`${column},${line}`);
          }
        if (type === "search") expect(names).to.include(`${panelIndex}:${panelRefName}`);
        else
          for (const { name } of embeddableConfig.attributes?.references ?? [])
            expect(names).to.include(`${panelIndex}:${name}`);
      }
    });

    it(`${dashboard.id} offers its choices from the data view`, () => {
      const { panelsJSON } = dashboard.attributes.controlGroupInput as { panelsJSON: string };
      const controls = JSON.parse(panelsJSON) as Record<string, { type: string; explicitInput: { fieldName: string } }>;
      const known: readonly string[] = logFields.map(({ name }) => name);
      for (const [id, { type, explicitInput }] of Object.entries(controls)) {
        expect(type).to.equal("optionsListControl");
        expect(known).to.include(explicitInput.fieldName);
        expect(dashboard.references).to.deep.include({
          type: "index-pattern",
          id: "medassist-logs",
          name: `controlGroup_${id}:optionsListDataView`,
        });
      }
    });
  }

  it("offer service and instance above the first dashboard, the request's id above the second", () => {
    const offered = logDashboards.map(({ choices }) => choices.map(({ field }) => field));
    expect(offered).to.deep.equal([["service", "instance"], ["request_id"]]);
  });

  it("a request's id leads to its dashboard", () => {
    const formats = JSON.parse(attribute(objects[0] as SavedObject, "fieldFormatMap"));
    expect(formats.request_id.params.urlTemplate).to.match(
      /^\/app\/dashboards#\/view\/medassist-request\?.*\{\{value\}\}/,
    );
    expect(formats.duration.params).to.include({ inputFormat: "seconds" });
  });

  for (const { dashboard, panel } of everyPanel.filter((entry) => entry.panel.type === "lens")) {
    it(`${dashboard.id}, "${panel.title}": Lens draws columns that there are, of fields that there are`, () => {
      const { state, visualizationType, references } = panel.embeddableConfig.attributes ?? expect.fail("no Lens");
      const [[layerId, { columns, columnOrder }] = expect.fail("no layer"), ...more] = Object.entries(
        state.datasourceStates.formBased.layers,
      );
      expect(more).to.deep.equal([]);
      expect(references.map(({ name }) => name)).to.deep.equal([`indexpattern-datasource-layer-${layerId}`]);
      expect(columnOrder).to.deep.equal(Object.keys(columns));
      // Lens wants groups before numbers.
      expect(columnOrder.map((id) => columns[id]?.isBucketed)).to.deep.equal(
        columnOrder.map((id) => columns[id]?.isBucketed).sort((a, b) => Number(b) - Number(a)),
      );
      const fields = ["___records___", ...logFields.map(({ name }) => name)];
      for (const { sourceField, operationType, params } of Object.values(columns)) {
        expect(fields).to.include(sourceField);
        if (operationType === "terms")
          expect(columnOrder).to.include((params.orderBy as { columnId: string }).columnId);
      }
      const { layers, columns: shown } = state.visualization;
      if (visualizationType === "lnsXY") {
        const [layer] = layers ?? expect.fail("no layer is drawn");
        expect(layer?.layerId).to.equal(layerId);
        const drawn = [layer?.xAccessor, layer?.splitAccessor, ...(layer?.accessors ?? [])].filter((id) => id);
        expect(drawn.sort()).to.deep.equal([...columnOrder].sort());
      } else {
        expect(state.visualization.layerId).to.equal(layerId);
        expect(shown?.map(({ columnId }) => columnId)).to.deep.equal(columnOrder);
      }
    });
  }

  it("shows of every line only fields that it has", () => {
    const known: readonly string[] = logFields.map(({ name }) => name);
    for (const search of ofType("search")) {
      expect(known).to.include.members(search.attributes.columns as string[]);
      const { indexRefName } = JSON.parse(
        (search.attributes.kibanaSavedObjectMeta as { searchSourceJSON: string }).searchSourceJSON,
      );
      expect(search.references.map(({ name }) => name)).to.deep.equal([indexRefName]);
    }
  });

  it("are as they were", () => {
    const file = join(__dirname, "snapshots", "kibana.json");
    const outline = {
      sha256: createHash("sha256").update(text).digest("hex"),
      panels: everyPanel.map(({ dashboard, panel }) => {
        const { x, y, w, h } = panel.gridData;
        const asked = panel.embeddableConfig.attributes?.state.query.query ?? "";
        return `${dashboard.id}: ${w}x${h} at ${x},${y} ${panel.type} "${panel.title}" ${asked}`.trimEnd();
      }),
    };
    const now = `${JSON.stringify(outline, null, 2)}\n`;
    if (process.env.UPDATE) writeFileSync(file, now);
    expect(now, "UPDATE=1 npm run test:unit writes it anew").to.equal(readFileSync(file, "utf8"));
  });
});

describe("the queries of Kibana's panels", () => {
  const from = new Date("2026-01-01T00:00:00Z");
  const to = new Date("2026-01-01T01:00:00Z");
  const queries = panelQueries({ from, to, chosen: { service: "api2" } });
  const panels: readonly LogPanel[] = logDashboards.flatMap((dashboard) => Object.values(dashboard.panels));

  it("are one for each panel, with its time, its filters and what was chosen", () => {
    expect(queries.map(({ panel }) => panel)).to.deep.equal(everyPanel.map(({ panel }) => panel.title));
    queries.forEach(({ body, streams }, index) => {
      expect(streams).to.equal("filebeat-logs");
      const { filter } = (body as { query: { bool: { filter: object[] } } }).query.bool;
      expect(filter).to.deep.equal([
        { range: { "@timestamp": { gte: from.toISOString(), lte: to.toISOString() } } },
        ...(panels[index]?.filters ?? []).map(toQuery),
        { term: { service: "api2" } },
      ]);
    });
  });

  it("ask for what Lens draws: the same groups of the same fields, as many, with the same numbers", () => {
    interface Aggregations {
      [name: string]: { [kind: string]: unknown; aggs?: Aggregations };
    }
    const parts = (aggs: Aggregations): string[] =>
      Object.entries(aggs).flatMap(([name, { aggs: inner = {}, ...rest }]) => {
        const [[kind, options] = expect.fail("empty")] = Object.entries(rest) as [
          string,
          { field: string; size?: number },
        ][];
        const own = `${kind} ${options.field}${options.size ? ` ${options.size}` : ""}`;
        return name === "group" ? [own, ...parts(inner)] : [own];
      });
    const kinds: Readonly<Record<string, string>> = { percentile: "percentiles" };
    for (const [index, { body, panel }] of queries.entries()) {
      const attributes = everyPanel[index]?.panel.embeddableConfig.attributes;
      if (!attributes) continue;
      const [layer] = Object.values(attributes.state.datasourceStates.formBased.layers);
      const drawn = Object.values(layer?.columns ?? {}).flatMap(({ operationType: kind, sourceField, params }) =>
        kind === "count" ? [] : [`${kinds[kind] ?? kind} ${sourceField}${kind === "terms" ? ` ${params.size}` : ""}`],
      );
      const asked = parts((body as { aggs: Aggregations }).aggs);
      expect([...new Set(asked)].sort(), panel).to.deep.equal([...new Set(drawn)].sort());
    }
  });

  it("count what they would show: groups with lines, or lines", () => {
    const shown = (panel: string, answer: object): number | undefined =>
      queries.find((query) => query.panel === panel)?.shown({ hits: { hits: [] }, ...answer });
    const group = (buckets: object[]) => ({ aggregations: { group: { buckets } } });
    expect(shown("Live log", { hits: { hits: [{}, {}] } })).to.equal(2);
    expect(shown("Latency distribution", group([{ doc_count: 0 }, { doc_count: 3 }]))).to.equal(1);
    const inner = { doc_count: 2, group: { buckets: [{ doc_count: 1 }, { doc_count: 1 }] } };
    expect(shown("Errors by service and container", group([inner]))).to.equal(2);
    expect(shown("5xx over time", group([]))).to.equal(0);
  });

  it("ranges leave nothing out", () => {
    expect(rangesOf([1, 2])).to.deep.equal([{ to: 1 }, { from: 1, to: 2 }, { from: 2 }]);
  });

  it("a filter says the same in both languages", () => {
    expect(toKql([])).to.equal("");
    const pairs = [
      [{ field: "status", from: 500 }, "status >= 500", { range: { status: { gte: 500 } } }],
      [{ field: "level", oneOf: ["a", 'b"'] }, 'level : ("a" or "b\\"")', { terms: { level: ["a", 'b"'] } }],
      [{ field: "service", startsWith: "api" }, "service : api*", { prefix: { service: "api" } }],
      [{ field: "endpoint", is: "there" }, "endpoint : *", { exists: { field: "endpoint" } }],
    ] as const;
    for (const [filter, kql, query] of pairs) {
      expect(toKql([filter])).to.equal(kql);
      expect(toQuery(filter)).to.deep.equal(query);
    }
    expect(toKql([pairs[0][0], pairs[2][0]])).to.equal("status >= 500 and service : api*");
    expect(() => toKql([{ field: "service", startsWith: "a b" }])).to.throw(RangeError);
  });
});
