/** What a benchmark found, as a row of docs/benchmarks.md. */
export interface Finding {
  readonly what: string;
  readonly measured: string;
  /** Of the issue or the report. */
  readonly bound: string;
  readonly holds: boolean;
}

export interface Statistics {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function statistics(values: readonly number[]): Statistics {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (i: number): number => sorted[i] ?? Number.NaN;
  return { min: at(0), median: at(Math.floor(sorted.length / 2)), max: at(sorted.length - 1) };
}

/** "median (min to max)" */
export const spread = ({ min, median, max }: Statistics, digits: number, unit: string): string =>
  `${median.toFixed(digits)} ${unit} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;

export function renderFindings(findings: readonly Finding[]): string {
  const rows = findings.map((f) => `| ${f.what} | ${f.measured} | ${f.bound} | ${f.holds ? "yes" : "**no**"} |`);
  return ["| What | Measured | Bound | Held |", "|---|---|---|---|", ...rows].join("\n");
}

/** The page with the results of one part replaced: what stands between its two marks. @throws Error without the marks */
export function replaceResults(page: string, part: string, results: string): string {
  const [start, end] = [`<!-- results: ${part} -->`, `<!-- end: ${part} -->`];
  const [before, rest] = page.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no place for the results of ${part}`);
  return `${before}${start}\n${results}\n${end}${after}`;
}
