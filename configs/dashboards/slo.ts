/** What was promised, what is left of it, and how fast that is being used up. A new objective is a new line by itself. */
import * as units from "@grafana/grafana-foundation-sdk/units";
import {
  sloAchieved,
  sloBudgetLeft,
  sloBurnRate,
  sloErrorRatio,
  sloObjective,
  sloPeriod,
  workbookBurns,
} from "../alerts/slo";
import { promql } from "../promql";
import { hours } from "../units";
import { type Dashboard, half, type Step } from "./view";

/** Share of the budget below which nothing risky is begun. */
const careful = 0.25;
/** Of an error budget: spent, nearly spent, well. */
export const budgetSteps: readonly Step[] = [
  { value: null, color: "red" },
  { value: 0, color: "orange" },
  { value: careful, color: "green" },
];

const burns = workbookBurns.flatMap((b) => b.windows);
/** The rate at which somebody is told by what the panel shows, its window alone. */
const burnLimit = burns.find(({ long }) => long.milliseconds === hours(1).milliseconds)?.factor ?? 1;

export const slo: Dashboard<"slo"> = {
  name: "slo",
  title: "SLOs: promises and error budgets",
  description: `Objectives over ${sloPeriod.toPromql()}: their error budgets, how fast these burn, and what was achieved.`,
  views: {
    budgets: {
      kind: "gauge",
      size: [24, 7],
      unit: units.PercentUnit,
      min: 0,
      max: 1,
      decimals: 1,
      thresholds: budgetSteps,
      queries: [{ expr: promql`${sloBudgetLeft}`, legend: "{{slo}}" }],
      description: `What is left of what may go wrong within ${sloPeriod.toPromql()}. Below ${careful * 100} % nothing risky is begun; at 0 the promise is broken. Maintenance windows cost nothing.`,
    },
    burn: {
      kind: "timeseries",
      size: half,
      unit: units.Short,
      min: 0,
      thresholds: [
        { value: null, color: "green" },
        { value: 1, color: "orange" },
        { value: burnLimit, color: "red" },
      ],
      queries: [
        { expr: sloBurnRate, legend: "{{slo}}" },
        ...burns
          .filter(({ long }) => long.milliseconds !== hours(1).milliseconds)
          .map(({ long }) => ({
            expr: promql`${sloErrorRatio(long)} / (1 - ${sloObjective})`,
            legend: `{{slo}}, ${long.toPromql()}`,
          })),
      ],
      description: `How many times as fast as it may the budget is used up. At 1 it lasts exactly ${sloPeriod.toPromql()}. Alerts fire at ${burns.map(({ factor, long }) => `${factor} over ${long.toPromql()}`).join(", ")}.`,
    },
    availability: {
      kind: "stat",
      size: half,
      unit: units.PercentUnit,
      decimals: 3,
      empty: "nothing counted yet",
      queries: [
        { expr: sloAchieved, legend: "{{slo}}" },
        { expr: promql`${sloObjective}`, legend: "{{slo}}: promised" },
      ],
      description: `Share that was good within ${sloPeriod.toPromql()}, and what was promised.`,
    },
  },
};
