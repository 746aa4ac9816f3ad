/**
 * A panel as Kibana's Lens has it, by value, in the form that Kibana 9's own sample dashboards are shipped in
 * (`formBased`; elastic/kibana, plugins home and lens).
 */
import { typeOf } from "./dashboards";
import { toKql } from "./filters";
import { rangesOf } from "./queries";
import type { Bars, Bucket, Metric, Table } from "./view";

export interface Reference {
  readonly type: "index-pattern" | "search";
  readonly id: string;
  readonly name: string;
}

export interface LensPanel {
  /** `embeddableConfig.attributes`. */
  readonly attributes: object;
  /** Names of `attributes.references`, which a dashboard repeats. */
  readonly references: readonly Reference[];
}

/** Name of a panel's only layer. */
const layer = "layer";

export function lensOf(panel: Bars | Table, dataView: string): LensPanel {
  const buckets = panel.kind === "bars" ? [panel.along, ...(panel.split ? [panel.split] : [])] : panel.rows;
  const columns = Object.fromEntries([
    ...buckets.map((bucket, index) => [`b${index}`, bucketColumn(bucket)] as const),
    ...panel.metrics.map((metric, index) => [`m${index}`, metricColumn(metric)] as const),
  ]);
  const references: Reference[] = [
    { type: "index-pattern", id: dataView, name: `indexpattern-datasource-layer-${layer}` },
  ];
  const attributes = {
    title: panel.title,
    description: panel.description,
    type: "lens",
    visualizationType: panel.kind === "bars" ? "lnsXY" : "lnsDatatable",
    references,
    state: {
      adHocDataViews: {},
      internalReferences: [],
      filters: [],
      query: { language: "kuery", query: toKql(panel.filters) },
      datasourceStates: {
        formBased: {
          layers: {
            [layer]: { columnOrder: Object.keys(columns), columns, incompleteColumns: {}, sampling: 1 },
          },
        },
        textBased: { layers: {} },
      },
      visualization: panel.kind === "bars" ? bars(panel) : table(columns),
    },
  };
  return { attributes, references };
}

const onBothAxes = { x: true, yLeft: true, yRight: true };

const bars = ({ split }: Bars): object => ({
  preferredSeriesType: "bar_stacked",
  legend: { isVisible: split !== undefined, position: "right" },
  valueLabels: "hide",
  fittingFunction: "None",
  axisTitlesVisibilitySettings: { ...onBothAxes, x: false },
  tickLabelsVisibilitySettings: onBothAxes,
  gridlinesVisibilitySettings: onBothAxes,
  labelsOrientation: { x: 0, yLeft: 0, yRight: 0 },
  layers: [
    {
      layerId: layer,
      layerType: "data",
      seriesType: "bar_stacked",
      xAccessor: "b0",
      ...(split ? { splitAccessor: "b1" } : {}),
      accessors: ["m0"],
    },
  ],
});

const table = (columns: Readonly<Record<string, { readonly isBucketed: boolean }>>): object => ({
  layerId: layer,
  layerType: "data",
  columns: Object.entries(columns).map(([columnId, { isBucketed }]) => ({
    columnId,
    isTransposed: false,
    isMetric: !isBucketed,
  })),
  sorting: { columnId: "m0", direction: "desc" },
});

interface Column {
  readonly label: string;
  readonly isBucketed: boolean;
  readonly [name: string]: unknown;
}

function bucketColumn(bucket: Bucket): Column {
  if (bucket.by === "time")
    return {
      label: "@timestamp",
      dataType: "date",
      operationType: "date_histogram",
      sourceField: "@timestamp",
      isBucketed: true,
      scale: "interval",
      params: { interval: "auto", includeEmptyRows: true, dropPartials: false },
    };
  const { field, title } = bucket;
  const common = { label: title, customLabel: true, sourceField: field, isBucketed: true };
  if (bucket.by === "range")
    return {
      ...common,
      dataType: "string",
      operationType: "range",
      scale: "ordinal",
      params: {
        type: "range",
        maxBars: "auto",
        ranges: rangesOf(bucket.bounds).map(({ from, to }) => ({
          from: from ?? null,
          to: to ?? null,
          label: rangeLabel(bucket.label, from, to),
        })),
        parentFormat: { id: "range", params: { template: "arrow_right", replaceInfinity: true } },
      },
    };
  return {
    ...common,
    dataType: typeOf(field) === "keyword" ? "string" : "number",
    operationType: "terms",
    scale: "ordinal",
    params: {
      size: bucket.most,
      orderBy: { type: "column", columnId: "m0" },
      orderDirection: "desc",
      otherBucket: false,
      missingBucket: false,
      parentFormat: { id: "terms" },
    },
  };
}

const rangeLabel = (label: (bound: number) => string, from: number | undefined, to: number | undefined): string => {
  if (from === undefined) return to === undefined ? "all" : `below ${label(to)}`;
  return to === undefined ? `from ${label(from)}` : `${label(from)} to ${label(to)}`;
};

function metricColumn(metric: Metric): Column {
  const common = { label: metric.title, customLabel: true, dataType: "number", isBucketed: false, scale: "ratio" };
  if (metric.what === "count")
    return { ...common, operationType: "count", sourceField: "___records___", params: { emptyAsNull: true } };
  const { field } = metric;
  if (metric.what === "max")
    return { ...common, operationType: "max", sourceField: field, params: { emptyAsNull: true } };
  return { ...common, operationType: "percentile", sourceField: field, params: { percentile: metric.percent } };
}
