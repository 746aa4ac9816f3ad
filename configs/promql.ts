/**
 * PromQL over typed metrics. PromQL stays PromQL: a template literal whose holes are metrics of the catalogue, durations,
 * numbers and other expressions. So no name can be mistyped, and every selector carries the stack's label, which is
 * added when the text is rendered: two stacks on one host never read each other's series.
 */
import type { Duration } from "./units";

/** A condition on one label. */
export type Matcher = { readonly op: "=" | "!=" | "=~" | "!~"; readonly value: string };
/** Any of these values. */
export const oneOf = (...values: readonly string[]): Matcher => ({
  op: "=~",
  value: values.map(escapeRegex).join("|"),
});
/** Values that match a regular expression (RE2, anchored). */
export const matching = (pattern: string): Matcher => ({ op: "=~", value: pattern });
/** Values that do not match a regular expression (RE2, anchored). */
export const notMatching = (pattern: string): Matcher => ({ op: "!~", value: pattern });
/** Any value but this. */
export const not = (value: string): Matcher => ({ op: "!=", value });

const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

export interface MetricDefinition<L extends string> {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram" | "recorded";
  /** Of a value (of an observation, for a histogram). */
  readonly unit: "seconds" | "bytes" | "ratio" | "percent" | "boolean" | "count" | "timestamp";
  /** Labels that expressions may use, beside `job`, `instance` and `stack`, which every series has. */
  readonly labels: readonly L[];
  /** Who exposes it, and since which version. */
  readonly from: string;
  /** Why an idle, healthy stack has no such series; undefined if it always has. */
  readonly eventOnly?: string;
}

/** Labels that Prometheus itself gives to every series of a target. */
export type TargetLabel = "job" | "instance";

type Matchers<L extends string> = Partial<Record<L | TargetLabel, string | Matcher>>;

/** One family of time series. */
export class Metric<L extends string = string> {
  constructor(readonly definition: MetricDefinition<L>) {}

  get name(): string {
    return this.definition.name;
  }
  /** The series whose labels match. */
  where(matchers: Matchers<L>): Selector<L> {
    return new Selector(this, matchers);
  }
  /** All series of a span of time: `metric[5m]`. */
  over(range: Duration): Selector<L> {
    return new Selector<L>(this, {}, range);
  }
  /** A histogram's buckets (label `le`), its count and its sum. */
  get bucket(): Metric<L | "le"> {
    return this.part("_bucket", ["le"]);
  }
  get count(): Metric<L> {
    return this.part("_count", []);
  }
  get sum(): Metric<L> {
    return this.part("_sum", []);
  }
  private part<M extends string>(suffix: string, more: readonly M[]): Metric<L | M> {
    if (this.definition.type !== "histogram") throw new Error(`${this.name} is no histogram`);
    return new Metric({
      ...this.definition,
      name: `${this.name}${suffix}`,
      type: "counter",
      labels: [...this.definition.labels, ...more],
    });
  }
}

/** Series of one metric, by their labels, now or over a span of time. */
export class Selector<L extends string = string> {
  constructor(
    readonly metric: Metric<L>,
    private readonly matchers: Matchers<L>,
    private readonly range?: Duration,
    private readonly earlier?: Duration,
  ) {}

  over(range: Duration): Selector<L> {
    return new Selector(this.metric, this.matchers, range, this.earlier);
  }
  /** The same series as they were this long ago. */
  offset(earlier: Duration): Selector<L> {
    return new Selector(this.metric, this.matchers, this.range, earlier);
  }

  /** PromQL text. */
  render(stack: string): string {
    const range = this.range ? `[${this.range.toPromql()}]` : "";
    const offset = this.earlier ? ` offset ${this.earlier.toPromql()}` : "";
    return `${this.series(stack)}${range}${offset}`;
  }
  /** Name and labels alone, as promtool's `input_series` wants them. */
  series(stack: string): string {
    const all = Object.entries<string | Matcher | undefined>({ stack, ...this.matchers });
    const texts = all.flatMap(([label, value]) => {
      if (value === undefined) return [];
      const { op, value: text } = typeof value === "string" ? ({ op: "=", value } as const) : value;
      return [`${label}${op}${JSON.stringify(text)}`];
    });
    return `${this.metric.name}{${texts.join(",")}}`;
  }
}

/** What may stand in a hole of the template. */
type Hole = Metric | Selector | Expression | Duration | number;

/** A PromQL expression that does not know its stack yet. */
export class Expression {
  constructor(
    private readonly texts: readonly string[],
    private readonly holes: readonly Hole[],
  ) {}

  /** PromQL text for one stack. */
  render(stack: string): string {
    return this.texts
      .map((text, i) => text + (i < this.holes.length ? renderHole(this.holes[i] as Hole, stack) : ""))
      .join("")
      .replace(/\s*\n\s*/g, " ")
      .trim();
  }

  /** Every selector in it, those of inner expressions too. */
  get selectors(): readonly Selector[] {
    return this.holes.flatMap((hole) => {
      if (hole instanceof Expression) return hole.selectors;
      if (hole instanceof Selector) return [hole];
      return hole instanceof Metric ? [hole.where({})] : [];
    });
  }
}

function renderHole(hole: Hole, stack: string): string {
  if (typeof hole === "number") return String(hole);
  if (hole instanceof Metric) return hole.where({}).render(stack);
  if (hole instanceof Selector || hole instanceof Expression) return hole.render(stack);
  return hole.toPromql();
}

/** ``promql`rate(${requests.over(minutes(5))}) > ${limit}` `` */
export const promql = (texts: TemplateStringsArray, ...holes: readonly Hole[]): Expression =>
  new Expression([...texts], holes);
