/**
 * An alert, and everything that hangs on it, as one object: rule, tests, route, runbook page, panel and drill are all
 * derived from it, so none of them can be missing or disagree.
 */
import type { Panel } from "../dashboards/panels";
import { type Expression, Metric, type Selector } from "../promql";
import { type Duration, seconds } from "../units";

/** P1 critical outage or risk to data, P2 strong degradation, P3 moderate, P4 weak signal (report, part 5). */
export const severities = ["p1", "p2", "p3", "p4"] as const;
export type Severity = (typeof severities)[number];

/** Series that a test makes up, in promtool's notation: `"1x3 0x4"` is 1 four times, then 0 five times. */
export interface TestSeries {
  readonly selector: Selector;
  readonly values: string;
}
export const series = (of: Selector | Metric, values: string): TestSeries => ({
  selector: of instanceof Metric ? of.where({}) : of,
  values,
});

/** A situation in which the alert must fire, or must not. */
export interface TestCase {
  readonly series: readonly TestSeries[];
  /** Between two values of a series. @default 15 s */
  readonly every?: Duration;
  /** The moment that is looked at, from the first value on. */
  readonly at: Duration;
  /** How many alerts fire then. @default 1 for `fires`, 0 for `silent` */
  readonly alerts?: number;
}

export interface AlertDefinition {
  /** CamelCase, unique: the field's name for it where there is one. */
  readonly name: string;
  readonly severity: Severity;
  /** The part of the system that is hurt; a p1 of a service mutes its p3 and p4. */
  readonly service: Service;
  readonly expr: Expression;
  /** True for this long before it fires. */
  readonly for: Duration;
  /** How often it is evaluated. @default 5 s: detection */
  readonly every?: Duration;
  /** One line, may use `{{ $labels.x }}` and `{{ $value }}`. */
  readonly summary: string;
  /** What it means and why it matters, one or two sentences. */
  readonly description: string;
  /** Where to look first. */
  readonly panel: Panel;
  readonly fires: readonly TestCase[];
  readonly silent: readonly TestCase[];
  /** Whether replacing something on purpose makes it true for moments: it is silent while an `up` runs. */
  readonly planned?: boolean;
  /** Name of the drill that makes it happen, or why there is none. */
  readonly drill: string | { readonly none: string };
}

export type Service =
  | "host"
  | "containers"
  | "api"
  | "haproxy"
  | "frontend"
  | "mysql"
  | "redis"
  | "backup"
  | "logging"
  | "monitoring";

export interface Alert extends AlertDefinition {
  readonly every: Duration;
  /** Name of its page in runbooks/, without `.md`. */
  readonly runbook: string;
}

/** @throws Error naming the alert if it has no test of each kind */
export function alert(definition: AlertDefinition): Alert {
  const { name, severity, fires, silent } = definition;
  if (!/^[A-Z][A-Za-z0-9]+$/.test(name)) throw new Error(`alert "${name}": its name must be CamelCase`);
  if (fires.length === 0 || silent.length === 0)
    throw new Error(`alert ${name}: it needs at least one case in which it fires and one in which it must not`);
  return { every: seconds(5), runbook: `${severity.toUpperCase()}_${name}`, ...definition };
}
