/** A panel's kind as a builder of the Foundation SDK, with the options that all panels of that kind have here. */
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as gauge from "@grafana/grafana-foundation-sdk/gauge";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as statetimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import type { Color, PanelKind, State, Step, View } from "./view";

export type PanelBuilder =
  | timeseries.PanelBuilder
  | stat.PanelBuilder
  | gauge.PanelBuilder
  | table.PanelBuilder
  | statetimeline.PanelBuilder;

/** What the SDK wants where it takes builders only, around a value that is finished. */
export const built = <T>(value: T): { build: () => T } => ({ build: () => value });

/**
 * Whether a kind shows what is now, or a course. A number that is reduced from a course would go on showing the last
 * value of a series that is gone: three healthy replicas an hour after HAProxy died.
 */
export const asOfNow: Readonly<Record<PanelKind, boolean>> = {
  timeseries: false,
  "state-timeline": false,
  stat: true,
  gauge: true,
  table: true,
};

const shapes: Readonly<Record<PanelKind, (view: View) => PanelBuilder>> = {
  timeseries: (view) =>
    new timeseries.PanelBuilder()
      .legend(legend)
      .tooltip(tooltip)
      .lineWidth(1)
      .fillOpacity(view.queries.length === 1 ? 10 : 0)
      .showPoints(common.VisibilityMode.Never)
      .thresholdsStyle(thresholdLine(view.thresholds !== undefined)),
  stat: () =>
    new stat.PanelBuilder()
      .reduceOptions(lastValue)
      .graphMode(common.BigValueGraphMode.None)
      .colorMode(common.BigValueColorMode.Background),
  gauge: () => new gauge.PanelBuilder().reduceOptions(lastValue).showThresholdMarkers(true),
  table: ({ columns = {} }) => {
    const [first = "Time"] = Object.values(columns);
    return new table.PanelBuilder()
      .withTransformation(columnsOf(columns))
      .sortBy([built({ displayName: first })])
      .overrideByName(first, [
        { id: "custom.cellOptions", value: { type: common.TableCellDisplayMode.ColorBackground } },
      ]);
  },
  "state-timeline": () =>
    new statetimeline.PanelBuilder().legend(legend).tooltip(tooltip).showValue(common.VisibilityMode.Never),
};
export const shapeOf = (view: View): PanelBuilder => shapes[view.kind](view);

const legend = new common.VizLegendOptionsBuilder()
  .displayMode(common.LegendDisplayMode.List)
  .placement(common.LegendPlacement.Bottom)
  .showLegend(true)
  .calcs([]);
const tooltip = new common.VizTooltipOptionsBuilder()
  .mode(common.TooltipDisplayMode.Multi)
  .sort(common.SortOrder.Descending);
const lastValue = new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]);
const thresholdLine = (shown: boolean) =>
  new common.GraphThresholdsStyleConfigBuilder().mode(
    shown ? common.GraphThresholdsStyleMode.Dashed : common.GraphThresholdsStyleMode.Off,
  );

/** Only these labels of a series, under these heads and in this order. */
function columnsOf(columns: Readonly<Record<string, string>>): dashboard.DataTransformerConfig {
  const names = Object.keys(columns);
  return {
    id: "organize",
    options: {
      excludeByName: Object.fromEntries(["Time", "Value"].filter((n) => !names.includes(n)).map((n) => [n, true])),
      indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
      renameByName: columns,
    },
  };
}

/** Grafana colours numbers from 80 on red where nothing is said, so something always is. */
const neutral: readonly Step[] = [{ value: null, color: "blue" }];

export const thresholdsOf = (steps: readonly Step[] = neutral): dashboard.ThresholdsConfig => ({
  mode: dashboard.ThresholdsMode.Absolute,
  steps: steps.map(({ value, color }) => ({ value, color })),
});

/** Numbers and texts as states, and what stands where a number is missing or was divided by zero. */
export function mappingsOf(states: Readonly<Record<string, State>>, empty: string): dashboard.ValueMapping[] {
  const blank: Color = "blue";
  return [
    ...(Object.keys(states).length > 0 ? [{ type: dashboard.MappingType.ValueToText as const, options: states }] : []),
    {
      type: dashboard.MappingType.SpecialValue,
      options: { match: dashboard.SpecialValueMatch.NullAndNan, result: { text: empty, color: blank } },
    },
  ];
}

/** A query in a unit of its own: its own axis, and none of the panel's limits. */
export const otherUnit = (unit: string, kind: PanelKind): dashboard.DynamicConfigValue[] => [
  { id: "unit", value: unit },
  { id: "min", value: null },
  { id: "max", value: null },
  { id: "thresholds", value: thresholdsOf() },
  ...(kind === "timeseries"
    ? [
        { id: "custom.axisPlacement", value: common.AxisPlacement.Right },
        { id: "custom.thresholdsStyle", value: { mode: common.GraphThresholdsStyleMode.Off } },
      ]
    : []),
];
