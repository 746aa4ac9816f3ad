/**
 * What a dashboard of logs shows, as plain data. Of each panel there is this one definition: what Kibana draws
 * (`lens.ts`, `savedObjects.ts`) and what Elasticsearch is asked in a test (`queries.ts`) are both made from it.
 */
import type { Extent } from "../dashboards/view";
import type { LogFieldName } from "../logs/fields";

/** A condition that a line meets. */
export type Filter = { readonly field: LogFieldName } & (
  | { readonly is: "there" }
  | { readonly from: number }
  | { readonly oneOf: readonly string[] }
  | { readonly startsWith: string }
);

/** What lines are grouped by. */
export type Bucket =
  | { readonly by: "time" }
  /** The values that come first by the panel's first metric. */
  | { readonly by: "value"; readonly field: LogFieldName; readonly title: string; readonly most: number }
  /** From one bound to the next; below the first and above the last too. */
  | {
      readonly by: "range";
      readonly field: LogFieldName;
      readonly title: string;
      readonly bounds: readonly number[];
      readonly label: (bound: number) => string;
    };

/** A number by which groups can be put in order. */
export type Order =
  | { readonly what: "count"; readonly title: string }
  | { readonly what: "max"; readonly field: LogFieldName; readonly title: string };
/** A number of each group. */
export type Metric =
  | Order
  | { readonly what: "percentile"; readonly percent: number; readonly field: LogFieldName; readonly title: string };

interface Common {
  readonly title: string;
  /** What one sees, and what to think of it. */
  readonly description: string;
  /** In the grid of Grafana's dashboards: 24 columns. */
  readonly size: Extent;
  readonly filters: readonly Filter[];
  /** What must have happened for it to show anything. @default any line */
  readonly needs?: string;
}

/** Bars, on top of each other if they are split. */
export interface Bars extends Common {
  readonly kind: "bars";
  readonly along: Bucket;
  readonly split?: Bucket & { readonly by: "value" };
  readonly metrics: readonly [Order];
}

/** A line for each group; groups within groups. */
export interface Table extends Common {
  readonly kind: "table";
  readonly rows: readonly (Bucket & { readonly by: "value" })[];
  readonly metrics: readonly [Order, ...Metric[]];
}

/** The lines themselves. */
export interface Lines extends Common {
  readonly kind: "lines";
  readonly columns: readonly LogFieldName[];
  readonly first: "newest" | "oldest";
}

export type LogPanel = Bars | Table | Lines;

/** A field whose value people choose above a dashboard. */
export interface Choice {
  readonly field: LogFieldName;
  readonly title: string;
  /** One at a time. @default false */
  readonly single?: boolean;
}

export interface LogDashboard {
  /** Part of its address. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly choices: readonly Choice[];
  /** From left to right and down, in this order. */
  readonly panels: Readonly<Record<string, LogPanel>>;
}
