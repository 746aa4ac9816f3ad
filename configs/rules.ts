/** Rule files of Prometheus, and their tests for promtool, from alerts and recorded series. */
import { dump } from "js-yaml";
import type { Alert, TestCase } from "./alerts/alert";
import { type Expression, Metric, type MetricDefinition } from "./promql";
import { type Duration, seconds } from "./units";

/** A series that Prometheus computes and keeps, so that long windows read few samples. */
export interface Recording<L extends string = string> {
  readonly metric: Metric<L>;
  readonly expr: Expression;
  readonly every: Duration;
  /** Labels that the series gets beside those of the expression. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A recorded metric: its name is `level:metric:operations` (Prometheus' convention). */
export const recorded = <const L extends string = never>(
  definition: Pick<MetricDefinition<L>, "name" | "unit"> & Partial<Pick<MetricDefinition<L>, "labels" | "eventOnly">>,
): Metric<L> => new Metric<L>({ type: "recorded", labels: [], from: "recording rule", ...definition });

/** The text of a rule file: one group for each service and interval, recordings before the alerts that read them. */
export function renderRules(stack: string, alerts: readonly Alert[], recordings: readonly Recording[]): string {
  const groups = new Map<string, { name: string; interval: string; rules: unknown[] }>();
  const group = (name: string, every: Duration) => {
    const key = `${name}-${every.toPromql()}`;
    const found = groups.get(key) ?? { name: key, interval: every.toPromql(), rules: [] };
    groups.set(key, found);
    return found.rules;
  };
  for (const { metric, expr, every, labels } of recordings)
    group("recorded", every).push({ record: metric.name, expr: expr.render(stack), labels: { stack, ...labels } });
  for (const a of alerts) {
    group(a.service, a.every).push({
      alert: a.name,
      expr: a.expr.render(stack),
      ...(a.for.milliseconds > 0 ? { for: a.for.toPromql() } : {}),
      labels: { severity: a.severity, service: a.service, stack },
      annotations: {
        summary: a.summary,
        description: a.description,
        runbook: a.runbook,
        panel: `${a.panel.dashboard}/${a.panel.id}`,
      },
    });
  }
  return yaml({ groups: [...groups.values()] });
}

/**
 * The text of a promtool test file: every case of every alert.
 * @param evaluation how often promtool evaluates all rules, whatever interval their group has
 */
export function renderRuleTests(
  stack: string,
  alerts: readonly Alert[],
  ruleFile: string,
  evaluation = seconds(5),
): string {
  const firing = (name: string): string => `count(ALERTS{alertname="${name}",alertstate="firing"})`;
  const test = (a: Alert, kind: "fires" | "silent", c: TestCase, index: number) => {
    const expected = c.alerts ?? (kind === "fires" ? 1 : 0);
    return {
      name: `${a.name} ${kind} ${index + 1}`,
      interval: (c.every ?? seconds(15)).toPromql(),
      input_series: c.series.map(({ selector, values }) => ({ series: selector.series(stack), values })),
      promql_expr_test: [
        {
          expr: firing(a.name),
          eval_time: c.at.toPromql(),
          exp_samples: expected > 0 ? [{ labels: "{}", value: expected }] : [],
        },
      ],
    };
  };
  return yaml({
    rule_files: [ruleFile],
    evaluation_interval: evaluation.toPromql(),
    tests: alerts.flatMap((a) => [
      ...a.fires.map((c, i) => test(a, "fires", c, i)),
      ...a.silent.map((c, i) => test(a, "silent", c, i)),
    ]),
  });
}

/** Keys in the order in which they were written, long expressions on one line. */
export const yaml = (value: unknown): string => dump(value, { lineWidth: -1, noRefs: true });
