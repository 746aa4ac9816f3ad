/** Metrics in Prometheus' text format 0.0.4. Written here: the whole of it is shorter than what a library would bring. */
export const metricsType = "text/plain; version=0.0.4; charset=utf-8";

export type MetricLabels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels?: MetricLabels;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly Sample[];
}

export function renderMetrics(families: readonly Family[]): string {
  return families.map(renderFamily).join("");
}

function renderFamily({ name, type, help, samples }: Family): string {
  const lines = [`# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`, `# TYPE ${name} ${type}`];
  for (const { labels = {}, value } of samples) {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeValue(text)}"`);
    lines.push(`${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`);
  }
  return `${lines.join("\n")}\n`;
}

const escapeValue = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

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
