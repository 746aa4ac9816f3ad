import { expect } from "chai";
import { load } from "js-yaml";
import { renderPrometheus } from "../../configs/prometheus";
import type { ScrapeTarget } from "../../configs/roles";
import { days, GiB, minutes, seconds } from "../../configs/units";

const target = (over: Partial<ScrapeTarget> = {}): ScrapeTarget => ({
  job: "api",
  host: "api",
  port: 5000,
  path: "/metrics",
  interval: seconds(5),
  labels: {},
  ...over,
});
const render = (scrape: readonly ScrapeTarget[]) =>
  load(
    renderPrometheus({ stack: "zebra", scrape, alertmanager: "alertmanager:9093", retention: days(40), disk: GiB(8) }),
  ) as {
    scrape_configs: Record<string, unknown>[];
    storage: unknown;
    global: { external_labels: unknown };
    rule_files: string[];
  };

describe("prometheus.yml", () => {
  it("puts the targets of a job together, each with the stack's label", () => {
    const { scrape_configs } = render([target(), target({ host: "api2", labels: { instance: "api2" } })]);
    expect(scrape_configs).to.deep.equal([
      {
        job_name: "api",
        metrics_path: "/metrics",
        scrape_interval: "5s",
        scrape_timeout: "3s",
        static_configs: [
          { targets: ["api:5000"], labels: { stack: "zebra" } },
          { targets: ["api2:5000"], labels: { stack: "zebra", instance: "api2" } },
        ],
      },
    ]);
  });

  it("never times out later than the next scrape", () => {
    for (const interval of [seconds(5), seconds(15), minutes(1)]) {
      const [config] = render([target({ interval })]).scrape_configs;
      expect(Number.parseInt(String(config?.scrape_timeout), 10)).to.be.below(interval.seconds);
    }
  });

  it("keeps what was pushed as it was, and changes series where a target says so", () => {
    const rule = { regex: "id", action: "labeldrop" } as const;
    const [config] = render([target({ honorLabels: true, relabel: [rule] })]).scrape_configs;
    expect(config).to.deep.include({ honor_labels: true, metric_relabel_configs: [rule] });
  });

  it("refuses targets of one job that are scraped differently", () => {
    expect(() => render([target(), target({ host: "b", interval: seconds(15) })])).to.throw("of the job api");
  });

  it("keeps series for as long and as large as it is told", () => {
    const file = render([]);
    expect(file.storage).to.deep.equal({ tsdb: { retention: { time: "40d", size: "8192MiB" } } });
    expect(file.global.external_labels).to.deep.equal({ stack: "zebra" });
    expect(file.rule_files, "a path relative to it, so that new rules are checked and not old ones").to.deep.equal([
      "rules.yml",
    ]);
  });
});
