/** What a panel asks of Elasticsearch, in searches that every server of version 9 answers: a test can run them all. */
import { logStreams } from "../logs/streams";
import { logDashboards } from "./dashboards";
import { toQuery } from "./filters";
import type { Bucket, LogPanel, Metric } from "./view";

export interface QueryInput {
  readonly from: Date;
  readonly to: Date;
  /** What was chosen above the dashboard: values by field. @default nothing */
  readonly chosen?: Readonly<Record<string, string>>;
}

export interface PanelQuery {
  readonly dashboard: string;
  readonly panel: string;
  /** What must have happened for it to find anything; undefined: any line. */
  readonly needs: string | undefined;
  /** Where it is sent to: `POST /<streams>/_search`. */
  readonly streams: string;
  readonly body: object;
  /** How many bars, rows or lines the panel would show for an answer. */
  readonly shown: (answer: PanelAnswer) => number;
}

/** What is read of an answer. */
export interface PanelAnswer {
  readonly hits: { readonly hits: readonly unknown[] };
  readonly aggregations?: Aggregations;
}
type Aggregations = Readonly<Record<string, { readonly buckets?: Buckets }>>;
type Group = { readonly doc_count: number } & Readonly<Record<string, unknown>>;
type Buckets = readonly Group[];

/** Every panel's query. */
export const panelQueries = (input: QueryInput): readonly PanelQuery[] =>
  logDashboards.flatMap(({ name, panels }) =>
    Object.values(panels).map((panel) => ({
      dashboard: name,
      panel: panel.title,
      needs: panel.needs,
      streams: logStreams.logs.name,
      body: bodyOf(panel, input),
      shown: (answer: PanelAnswer) =>
        panel.kind === "lines" ? answer.hits.hits.length : leaves(answer.aggregations?.group),
    })),
  );

/** Lines that Kibana loads at first. */
const linesAtFirst = 500;

function bodyOf(panel: LogPanel, { from, to, chosen = {} }: QueryInput): object {
  const query = {
    bool: {
      filter: [
        { range: { "@timestamp": { gte: from.toISOString(), lte: to.toISOString() } } },
        ...panel.filters.map(toQuery),
        ...Object.entries(chosen).map(([field, value]) => ({ term: { [field]: value } })),
      ],
    },
  };
  if (panel.kind === "lines") {
    const order = panel.first === "newest" ? "desc" : "asc";
    return { size: linesAtFirst, query, sort: [{ "@timestamp": { order } }], _source: panel.columns };
  }
  const buckets = panel.kind === "bars" ? [panel.along, ...(panel.split ? [panel.split] : [])] : panel.rows;
  const step = to.getTime() - from.getTime();
  return { size: 0, track_total_hits: false, query, aggs: nested(buckets, panel.metrics, step) };
}

function nested(buckets: readonly Bucket[], metrics: readonly Metric[], span: number): object {
  const own = Object.fromEntries(metrics.flatMap((metric, index) => metricOf(metric, index)));
  const [bucket, ...inner] = buckets;
  if (bucket === undefined) return own;
  return { group: { ...bucketOf(bucket, metrics[0], span), aggs: { ...own, ...nested(inner, metrics, span) } } };
}

function bucketOf(bucket: Bucket, first: Metric | undefined, span: number): object {
  if (bucket.by === "time")
    return { date_histogram: { field: "@timestamp", fixed_interval: intervalFor(span), min_doc_count: 1 } };
  if (bucket.by === "range") return { range: { field: bucket.field, ranges: rangesOf(bucket.bounds) } };
  const order = first?.what === "max" ? { m0: "desc" } : { _count: "desc" };
  return { terms: { field: bucket.field, size: bucket.most, order } };
}

function metricOf(metric: Metric, index: number): [string, object][] {
  if (metric.what === "count") return [];
  const { field } = metric;
  return [
    [`m${index}`, metric.what === "max" ? { max: { field } } : { percentiles: { field, percents: [metric.percent] } }],
  ];
}

/** Between all bounds, below the first and above the last: Elasticsearch's ranges do not include their end. */
export const rangesOf = (bounds: readonly number[]): { from?: number; to?: number }[] =>
  [undefined, ...bounds].map((from, index) => {
    const to = bounds[index];
    return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  });

/** Steps at which a clock can be read, in seconds. */
const steps = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10_800, 43_200, 86_400];

/** About sixty bars, as Kibana draws them. */
function intervalFor(milliseconds: number): string {
  const least = milliseconds / 1000 / 60;
  return `${steps.find((step) => step >= least) ?? steps.at(-1)}s`;
}

/** Groups that have lines and no groups in them. */
function leaves(aggregation: { readonly buckets?: Buckets } | undefined): number {
  return (aggregation?.buckets ?? []).reduce((sum, group) => {
    if (group.doc_count === 0) return sum;
    const inner = (group as { group?: { buckets?: Buckets } }).group;
    return sum + (inner ? leaves(inner) : 1);
  }, 0);
}
