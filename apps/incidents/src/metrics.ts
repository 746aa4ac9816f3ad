/** Metrics in Prometheus' text format 0.0.4. Written here: the whole of it is shorter than what a library would bring. */
export const metricsType = "text/plain; version=0.0.4; charset=utf-8";

export type MetricLabels = Readonly<Record<string, string>>;

export interface Sample {
  /** Appended to the family's name, such as `_sum`. */
  readonly suffix?: string;
  readonly labels?: MetricLabels;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
}

export function renderMetrics(families: readonly Family[]): string {
  return families.map(renderFamily).join("");
}

function renderFamily({ name, type, help, samples }: Family): string {
  const lines = [`# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`, `# TYPE ${name} ${type}`];
  for (const { suffix = "", labels = {}, value } of samples) {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeValue(text)}"`);
    lines.push(`${name}${suffix}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${renderNumber(value)}`);
  }
  return `${lines.join("\n")}\n`;
}

const escapeValue = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const renderNumber = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);

/** Counts by the value of one label; values named at the start exist with 0. */
export class Counter<V extends string> {
  private readonly counts: Map<V, number>;

  constructor(
    private readonly label: string,
    values: readonly V[],
  ) {
    this.counts = new Map(values.map((value) => [value, 0]));
  }

  add(value: V): void {
    this.counts.set(value, (this.counts.get(value) ?? 0) + 1);
  }

  samples(): Sample[] {
    return [...this.counts].map(([value, count]) => ({ labels: { [this.label]: value }, value: count }));
  }
}

/** How long something took, in seconds. */
export class Histogram {
  private readonly counts: number[];
  private sum = 0;

  /** @param bounds upper bounds in seconds, ascending */
  constructor(private readonly bounds: readonly number[]) {
    this.counts = [...bounds.map(() => 0), 0];
  }

  /** Clocks of two programs may differ: less than nothing counts as 0. */
  observe(seconds: number): void {
    const value = Math.max(0, seconds);
    const found = this.bounds.findIndex((bound) => value <= bound);
    const index = found === -1 ? this.bounds.length : found;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += value;
  }

  samples(labels: MetricLabels = {}): Sample[] {
    let total = 0;
    const buckets = this.counts.map((count, index) => {
      total += count;
      const le = renderNumber(this.bounds[index] ?? Number.POSITIVE_INFINITY);
      return { suffix: "_bucket", labels: { ...labels, le }, value: total };
    });
    return [...buckets, { suffix: "_sum", labels, value: this.sum }, { suffix: "_count", labels, value: total }];
  }
}
