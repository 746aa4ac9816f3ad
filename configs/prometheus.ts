/** Prometheus' configuration file. Rules are in `rules.ts`; both stand in one folder, so they are checked together. */
import type { ScrapeTarget } from "./roles";
import { yaml } from "./rules";
import type { Duration, Size } from "./units";

export interface PrometheusInput {
  readonly stack: string;
  readonly scrape: readonly ScrapeTarget[];
  /** `host:port` of Alertmanager. */
  readonly alertmanager: string;
  /** How long series are kept, if they do not need more disk than `disk`. */
  readonly retention: Duration;
  readonly disk: Size;
}

/** Name of the rule file, beside prometheus.yml. */
export const rulesFile = "rules.yml";

/** The text of prometheus.yml. */
export function renderPrometheus({ stack, scrape, alertmanager, retention, disk }: PrometheusInput): string {
  return yaml({
    global: { scrape_interval: "15s", scrape_timeout: "5s", evaluation_interval: "15s", external_labels: { stack } },
    storage: {
      tsdb: { retention: { time: retention.toPromql(), size: `${disk.mebibytes}MiB` } },
    },
    rule_files: [rulesFile],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: scrapeConfigs(stack, scrape),
  });
}

/** One entry for each job; its targets may differ in nothing but address and labels. */
function scrapeConfigs(stack: string, scrape: readonly ScrapeTarget[]): unknown[] {
  const jobs = new Map<string, ScrapeTarget[]>();
  for (const target of scrape) jobs.set(target.job, [...(jobs.get(target.job) ?? []), target]);
  return [...jobs].map(([job, targets]) => {
    const [first, ...others] = targets.map(({ path, interval, honorLabels, honorTimestamps, relabel }) => ({
      metrics_path: path,
      scrape_interval: interval.toPromql(),
      scrape_timeout: interval.seconds <= 5 ? "3s" : "10s",
      ...(honorLabels ? { honor_labels: true } : {}),
      ...(honorTimestamps === false ? { honor_timestamps: false } : {}),
      ...(relabel ? { metric_relabel_configs: relabel } : {}),
    }));
    if (others.some((other) => JSON.stringify(other) !== JSON.stringify(first)))
      throw new Error(`all targets of the job ${job} must be scraped alike: same path, interval and relabelling`);
    return {
      job_name: job,
      ...first,
      static_configs: targets.map(({ host, port, labels }) => ({
        targets: [`${host}:${port}`],
        labels: { stack, ...labels },
      })),
    };
  });
}
