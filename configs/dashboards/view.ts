/** How a panel shows what it shows: plain data, before Grafana's own format (`dashboard.ts`). */
import type { Expression } from "../promql";
import type { DashboardName, panels } from "./panels";

/** Panels stand in a grid of this many columns; a unit of height is 30 pixels. */
export const gridWidth = 24;

/** `timeseries` shows a course; `stat` and `gauge` one number a series, as it is now; `table` a line a series. */
export type PanelKind = "timeseries" | "stat" | "gauge" | "table" | "state-timeline";

/** Width in columns and height in units. */
export type Extent = readonly [width: number, height: number];
export const whole: Extent = [24, 8];
export const half: Extent = [12, 8];
export const third: Extent = [8, 8];

export type Color = "green" | "yellow" | "orange" | "red" | "blue";

export interface Query {
  readonly expr: Expression;
  /** Name of each series, with `{{label}}` for the value of a label. */
  readonly legend: string;
  /** Of this query's series, if it is another than the panel's; its axis stands on the right. */
  readonly unit?: string;
  /** Why a healthy, idle stack may have no such series, if the metrics of the catalogue do not say it themselves. */
  readonly eventOnly?: string;
}

/** From this value on, a number has this colour. The first step is the colour of all below the second. */
export interface Step {
  readonly value: number | null;
  readonly color: Color;
}
/** Bad from a limit on. */
export const above = (limit: number, color: Color = "red"): readonly Step[] => [
  { value: null, color: "green" },
  { value: limit, color },
];
/** Bad below a limit. */
export const below = (limit: number, color: Color = "red"): readonly Step[] => [
  { value: null, color },
  { value: limit, color: "green" },
];
/** Bad up to a limit, and at it. */
export const upTo = (limit: number, color: Color = "red"): readonly Step[] =>
  below(limit + Number.EPSILON * Math.max(1, limit), color);
/** Bad as soon as there is anything. Rates of what happened once are far above this. */
export const anyIsBad = (color: Color = "red"): readonly Step[] => above(0.000_1, color);

/** What a number or a text is shown as. */
export interface State {
  readonly text: string;
  readonly color: Color;
}
export const upDown: Readonly<Record<string, State>> = {
  0: { text: "down", color: "red" },
  1: { text: "up", color: "green" },
};

/** Lines by a query in Lucene's language, as Grafana's data source of logs takes it. */
export interface LogLinks {
  /** About all that the panel shows. */
  readonly all: string;
  /** About one series, with `{{label}}` for the value of a label of its. @default none */
  readonly each?: string;
}

export interface View {
  readonly kind: PanelKind;
  readonly size: Extent;
  /** Title of the row that begins with this panel. */
  readonly row?: string;
  /** Grafana's name for it: a constant of the SDK's `units`. */
  readonly unit: string;
  readonly queries: readonly [Query, ...Query[]];
  /** What one sees, what is normal, what to think when it is not: for somebody who was just woken. */
  readonly description: string;
  /** The numbers of `configs/thresholds.ts`, so that a colour changes where an alert fires. @default none */
  readonly thresholds?: readonly Step[];
  /** @default {} */
  readonly states?: Readonly<Record<string, State>>;
  /** End of the axis or of the dial. @default the data's */
  readonly min?: number;
  readonly max?: number;
  /** @default as many as are needed to tell values apart */
  readonly decimals?: number;
  /** What stands there while there are no series at all. @default "no data" */
  readonly empty?: string;
  /** Which log lines tell more. @default none */
  readonly logs?: LogLinks;
  /** Of a table: labels and what heads their columns, from left to right; `Value` is the value. */
  readonly columns?: Readonly<Record<string, string>>;
}

/** One dashboard. To forget one of its panels, or to name one that is another's, does not compile. */
export interface Dashboard<N extends DashboardName = DashboardName> {
  readonly name: N;
  readonly title: string;
  readonly description: string;
  /** From left to right and down, in this order. */
  readonly views: Readonly<Record<keyof (typeof panels)[N], View>>;
}
