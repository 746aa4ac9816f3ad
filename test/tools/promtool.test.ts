/**
 * promtool takes the rules, and plays through every case of every alert, a healthy stack, and what the SLOs record. Alerts
 * of one service are tested with a rule file of their own, at their own interval: with all in one it takes ten times as long.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Alert } from "../../configs/alerts/alert";
import { allAlerts } from "../../configs/alerts/all";
import { slot, slotBad, slotTotal } from "../../configs/alerts/slo";
import { promql } from "../../configs/promql";
import { renderRules, renderRuleTests, yaml } from "../../configs/rules";
import { sloRecordings } from "../../configs/slos";
import { type Duration, minutes, seconds } from "../../configs/units";
import { docker, preparationLimit, type Result, readyImages, tryDocker } from "../images/support";
import { type Case, exact, long, near } from "./sloCases";

const stack = "unit";
const container = `tooltest-${process.pid}-promtool`;
type Files = Readonly<Record<string, string>>;

const byGroup = new Map<string, Alert[]>();
for (const a of allAlerts) {
  const key = `${a.service}-${a.every.toPromql()}`;
  byGroup.set(key, [...(byGroup.get(key) ?? []), a]);
}

/** One promtool test file. */
function render(cases: readonly Case[], evaluation: Duration): string {
  return yaml({
    rule_files: ["rules.yml"],
    evaluation_interval: evaluation.toPromql(),
    tests: cases.map((c) => ({
      name: c.name,
      interval: (c.every ?? seconds(5)).toPromql(),
      input_series: c.series.map(({ selector, values }) => ({ series: selector.series(stack), values })),
      promql_expr_test: c.expect.map(([expr, value, tolerance]) => ({
        expr: (tolerance ? promql`abs(${expr} - ${value ?? 0}) < bool ${tolerance}` : expr).render(stack),
        eval_time: c.at.toPromql(),
        exp_samples: value === undefined ? [] : [{ labels: "{}", value: tolerance ? 1 : value }],
      })),
    })),
  });
}

describe("promtool", () => {
  const folder = mkdtempSync(join(tmpdir(), "medassist-promtool-"));
  let image = "";
  before(async function () {
    this.timeout(preparationLimit);
    image = (await readyImages(["prometheus"], "offline")).prometheus;
  });
  after(() => {
    tryDocker(["rm", "-f", "-v", container]);
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs promtool on files of its own. */
  function promtool(files: Files, ...args: readonly string[]): Result {
    const name = join(folder, "rules");
    rmSync(name, { recursive: true, force: true });
    mkdirSync(name);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(name, file), text);
    tryDocker(["rm", "-f", "-v", container]);
    const options = ["--network", "none", "--entrypoint", "/bin/promtool", "--workdir", "/rules"];
    docker(["create", "--name", container, ...options, image, ...args]);
    docker(["cp", name, `${container}:/`]);
    return tryDocker(["start", "--attach", container]);
  }
  const passes = ({ status, output }: Result) => expect(status, output).to.equal(0);
  const rules = { "rules.yml": renderRules(stack, allAlerts, sloRecordings) };

  it("takes the rules", () => {
    const result = promtool(rules, "check", "rules", "rules.yml");
    passes(result);
    expect(result.output).to.include(`${allAlerts.length + sloRecordings.length} rules found`);
  });

  it("sees each alert fire and be silent when it must", () => {
    const files: Record<string, string> = {};
    for (const [group, alerts] of byGroup) {
      const file = `rules-${group}.yml`;
      files[file] = renderRules(stack, alerts, []);
      files[`tests-${group}.yml`] = renderRuleTests(stack, alerts, file, alerts[0]?.every);
    }
    passes(promtool(files, "test", "rules", ...Object.keys(files).filter((name) => name.startsWith("tests-"))));
  });

  it("sees a healthy stack quiet and its budgets whole, to the last digit", () => {
    passes(promtool({ ...rules, "tests.yml": render(exact, slot) }, "test", "rules", "tests.yml"));
  });

  it("sees every kind of outage in its budget, at its weight", () => {
    passes(promtool({ ...rules, "tests.yml": render(near, slot) }, "test", "rules", "tests.yml"));
  });

  it("sees a budget spent and overspent", () => {
    const files = {
      "rules.yml": renderRules(
        stack,
        [],
        sloRecordings.filter((r) => r.metric !== slotBad && r.metric !== slotTotal),
      ),
      "tests.yml": render(long, minutes(10)),
    };
    passes(promtool(files, "test", "rules", "tests.yml"));
  });
});
