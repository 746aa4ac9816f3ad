/**
 * Service level objectives: what share of the time, or of requests, must be good. From one definition come its recorded
 * series, what is left of its error budget, and its burn alerts (Google, The Site Reliability Workbook, chapter 5,
 * "Multiwindow, Multi-Burn-Rate Alerts").
 *
 * Time is cut into slots of 30 s. For each slot it is recorded how much there was and how much of it was bad; every
 * window, however long, is a sum over slots. What was not observed counts as good, at the traffic of what was: a stack
 * that is an hour old has the budget of a month, and an hour in which Prometheus was down is no outage.
 */
import { panels } from "../dashboards/panels";
import { maintenanceActive } from "../metrics";
import { type Expression, type Metric, promql } from "../promql";
import { type Recording, recorded } from "../rules";
import { type Duration, days, hours, minutes, seconds } from "../units";
import { type Alert, alert, type Service, type Severity, series, type TestCase } from "./alert";

/** How long a slot is, and how often the windows are computed that alerts need quickly. */
export const slot = seconds(30);
/** Window of `rate` for what is scraped every 5 s: one scrape more than a slot, so that no step between two slots is lost. */
export const slotRate = seconds(35);
/** What a counter per second counts in a slot. */
export const slotSeconds = slot.seconds;
/** The time that objectives are about (report, section 3). */
export const sloPeriod = days(30);

/** Longest window that is computed once a slot; longer ones move slowly and read many samples. */
const quickUpTo = hours(6);
/** Less than half of the 5 minutes that Prometheus looks back for a series: one missed evaluation leaves no gap. */
const slowEvery = minutes(2);

/** Two windows in both of which the budget burns `factor` times as fast as it may. The short one ends the alert soon. */
export interface BurnWindows {
  readonly factor: number;
  readonly long: Duration;
  readonly short: Duration;
}

export interface Burn {
  /** Last part of the alert's name: `<Name>BudgetBurn<speed>`. */
  readonly speed: "Fast" | "Slow";
  readonly severity: Severity;
  readonly windows: readonly BurnWindows[];
}

/** The workbook's table 5-8: 2 % of the budget in an hour or 5 % in six; 10 % in a day or in three. */
export const workbookBurns: readonly Burn[] = [
  {
    speed: "Fast",
    severity: "p2",
    windows: [
      { factor: 14.4, long: hours(1), short: minutes(5) },
      { factor: 6, long: hours(6), short: minutes(30) },
    ],
  },
  {
    speed: "Slow",
    severity: "p3",
    windows: [
      { factor: 3, long: days(1), short: hours(2) },
      { factor: 1, long: days(3), short: hours(6) },
    ],
  },
];

export interface SloDefinition {
  /** CamelCase, unique: value of the label `slo` and beginning of the alerts' names. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly service: Service;
  /** Share that must be good, ratio. */
  readonly objective: number;
  /** What was bad in the last slot and all that there was, each one series without labels, in the same unit. */
  readonly bad: Expression;
  readonly total: Expression;
  /** @default the workbook's */
  readonly burns?: readonly Burn[];
  /** By the speed of the alert. */
  readonly drills: Readonly<Partial<Record<Burn["speed"], Alert["drill"]>>>;
}

export interface Slo extends SloDefinition {
  readonly burns: readonly Burn[];
  /** Share that may be bad, ratio. */
  readonly budget: number;
  readonly recordings: readonly Recording[];
  readonly alerts: readonly Alert[];
}

const labels = ["slo"] as const;
/** What was bad in the slot that ends now, in the unit of its SLO. */
export const slotBad = recorded({ name: "slo:bad:count30s", unit: "count", labels });
/** All that there was in it. */
export const slotTotal = recorded({ name: "slo:total:count30s", unit: "count", labels });
/** Share that must be good. */
export const sloObjective = recorded({ name: "slo:objective:ratio", unit: "ratio", labels });
/** What is left of the 30 days' error budget: 1 if nothing was bad, 0 if all is spent, negative if more is. */
export const sloBudgetLeft = recorded({ name: "slo_error_budget_remaining_ratio", unit: "ratio", labels });
/** Share that was bad over a window; no series if there was nothing at all. */
export const sloErrorRatio = (window: Duration): Metric<"slo"> =>
  recorded({
    name: `slo:error_ratio:rate${window.toPromql()}`,
    unit: "ratio",
    labels,
    eventOnly: "an SLO of requests has none while there are no requests",
  });

/** How many times as fast as it may the budget burns, over the last hour, by SLO. */
export const sloBurnRate = promql`${sloErrorRatio(hours(1))} / (1 - ${sloObjective})`;
/** Share that was good over 30 days, by SLO, ratio. */
export const sloAchieved = promql`1 - ${sloErrorRatio(sloPeriod)}`;

/** 0 for a slot that maintenance touched, else 1. Also without the series: no plan is no maintenance. */
const counted = promql`(1 - (max(max_over_time(${maintenanceActive.over(minutes(1))})) or vector(0)))`;

/** @throws Error naming the SLO if its objective is no ratio, or if an alert's threshold could never be exceeded */
export function slo(definition: SloDefinition): Slo {
  const { name, objective } = definition;
  if (!(objective > 0 && objective < 1)) throw new Error(`SLO ${name}: its objective must lie between 0 and 1`);
  const burns = definition.burns ?? workbookBurns;
  const budget = tidy(1 - objective);
  const unreachable = burns.flatMap((b) => b.windows).find(({ factor }) => factor * budget >= 1);
  if (unreachable) throw new Error(`SLO ${name}: no share of errors is ${unreachable.factor} times its budget`);
  const made: Slo = { ...definition, burns, budget, recordings: [], alerts: [] };
  return { ...made, recordings: recordingsOf(made), alerts: burns.map((burn) => burnAlert(made, burn)) };
}

function recordingsOf({ name, objective, budget, bad, total, burns }: Slo): Recording[] {
  const of = { slo: name };
  const pairs = burns.flatMap((b) => b.windows);
  const spans = [...pairs.flatMap(({ long, short }) => [short, long]), sloPeriod];
  const windows = [...new Map(spans.map((w) => [w.milliseconds, w])).values()];
  const record = (metric: Metric<"slo">, expr: Expression, every = slot): Recording => ({
    metric,
    expr,
    every,
    labels: of,
  });
  const sum = promql`sum_over_time(${slotTotal.where(of).over(sloPeriod)})`;
  return [
    record(slotBad, promql`(${bad}) * ${counted}`),
    record(slotTotal, promql`(${total}) * ${counted}`),
    record(sloObjective, promql`vector(${objective})`),
    ...windows.map((w) =>
      record(
        sloErrorRatio(w),
        // Slots times their mean, not their sum: those that are missing count as good.
        promql`sum_over_time(${slotBad.where(of).over(w)})
          / (avg_over_time(${slotTotal.where(of).over(w)}) * ${w.seconds / slotSeconds} > 0)`,
        w.milliseconds > quickUpTo.milliseconds ? slowEvery : slot,
      ),
    ),
    record(sloBudgetLeft, promql`1 - ${sloErrorRatio(sloPeriod).where(of)} / ${budget} or ${sum} == bool 0`, slowEvery),
  ];
}

function burnAlert({ name, title, service, budget, objective, drills }: Slo, burn: Burn): Alert {
  const of = { slo: name };
  const burning = burn.windows.map(({ factor, long, short }) => {
    const limit = tidy(factor * budget);
    const expr = promql`(${sloErrorRatio(long).where(of)} > ${limit} and ${sloErrorRatio(short).where(of)} > ${limit})`;
    return { expr, limit, long, short };
  });
  const ratios = (long: Duration, longValue: number, short: Duration, shortValue: number): TestCase => ({
    series: [
      series(sloErrorRatio(long).where(of), `${longValue}x4`),
      series(sloErrorRatio(short).where(of), `${shortValue}x4`),
    ],
    at: seconds(30),
  });
  const paces = burn.windows.map(({ factor, long }) => `${factor} times over ${long.toPromql()}`).join(" or ");
  return alert({
    name: `${name}BudgetBurn${burn.speed}`,
    severity: burn.severity,
    service,
    expr: burning.map(({ expr }) => expr).reduce((all, one) => promql`${all} or ${one}`),
    for: seconds(0),
    every: slot,
    summary: `${title}: {{ $value | humanizePercentage }} is bad, and ${tidy(budget * 100)} % may be`,
    description: `The budget of ${tidy(objective * 100)} % over ${sloPeriod.toPromql()} burns too fast: ${paces} what it may, until now. Patients notice, even if no other alert fires.`,
    panel: panels.slo.burn,
    fires: burning.map(({ limit, long, short }) => ratios(long, tidy(limit * 1.01), short, tidy(limit * 1.01))),
    silent: [
      ...burning.map(({ limit, long, short }) => ratios(long, limit, short, tidy(limit * 1.01))),
      // It was bad, and is over.
      ...burning.map(({ limit, long, short }) => ratios(long, tidy(limit * 1.01), short, limit)),
    ],
    drill: drills[burn.speed] ?? { none: "budgets burn for hours before it fires; promtool plays them through" },
  });
}

/** Without the last digits of binary fractions, which would stand in rules and texts. */
const tidy = (n: number): number => Number(n.toPrecision(10));
