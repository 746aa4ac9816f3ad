/** What is derived from an objective. That the numbers come out right is tested with promtool (test/tools). */
import { expect } from "chai";
import { type SloDefinition, slo, sloBudgetLeft, sloErrorRatio, slotBad, slotTotal } from "../../configs/alerts/slo";
import { latencySlo } from "../../configs/limits";
import { backendResponses, maintenanceActive, probeSuccess } from "../../configs/metrics";
import { promql } from "../../configs/promql";
import type { Recording } from "../../configs/rules";
import { apiAvailability, apiLatency, bound, databaseAvailability, sloRecordings, slos } from "../../configs/slos";
import { days, hours, minutes, seconds } from "../../configs/units";

const definition: SloDefinition = {
  name: "Backups",
  title: "Backups",
  service: "backup",
  objective: 0.99,
  bad: promql`1 - min(${probeSuccess})`,
  total: promql`vector(1)`,
  drills: {},
};
const windowsOf = (recordings: readonly Recording[]): string[] =>
  recordings.flatMap((r) => /^slo:error_ratio:rate(.+)$/.exec(r.metric.name)?.[1] ?? []);

describe("the objectives", () => {
  it("are those that are promised", () => {
    expect(slos.map((s) => [s.name, s.objective])).to.deep.equal([
      ["ApiAvailability", 0.999],
      ["ApiLatency", 0.95],
      ["DatabaseAvailability", 0.9995],
    ]);
  });

  it("record the workbook's windows and the month, the long ones less often", () => {
    for (const s of slos) {
      expect(windowsOf(s.recordings), s.name).to.have.members(["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"]);
      for (const { metric, every } of s.recordings) {
        const slow = /rate(1d|3d|30d)$|remaining/.test(metric.name);
        expect(every.seconds, metric.name).to.equal(slow ? 120 : 30);
      }
    }
  });

  it("read raw series for slots only, and all else from slots", () => {
    const recorded = new Set(sloRecordings.map((r) => r.metric.name));
    for (const { metric, expr } of sloRecordings) {
      if (/:count30s$/.test(metric.name)) continue;
      for (const s of expr.selectors) expect(recorded, metric.name).to.include(s.metric.name);
    }
  });

  it("record what a slot's neighbours in the same file read before they do", () => {
    const inOrder = sloRecordings.filter((r) => r.every.seconds === 30).map((r) => r.metric.name);
    for (const [i, { expr, metric }] of sloRecordings.filter((r) => r.every.seconds === 30).entries())
      for (const s of expr.selectors)
        if (inOrder.includes(s.metric.name)) expect(inOrder.indexOf(s.metric.name), metric.name).to.be.below(i);
  });

  it("leave out of both counts what maintenance touches", () => {
    for (const { metric, expr } of sloRecordings.filter((r) => [slotBad.name, slotTotal.name].includes(r.metric.name)))
      expect(
        expr.selectors.map((s) => s.metric.name),
        metric.name,
      ).to.include(maintenanceActive.name);
  });

  it("count patients at HAProxy, and the probes of the entry as requests", () => {
    const bad = apiAvailability.bad.render("unit");
    expect(bad).to.include(`${backendResponses.name}{stack="unit",proxy="api",code="5xx"}`);
    expect(bad).to.include(`${probeSuccess.name}{stack="unit",probe=~"entry|ready"}`);
    expect(bad).not.to.include("checks");
  });

  it("measure speed at a bound that the API's histogram has", () => {
    expect(apiLatency.bad.render("unit")).to.include(`le="${latencySlo.seconds}"`);
    expect([bound(seconds(1)), bound(latencySlo)]).to.deep.equal(["1.0", "0.8"]);
  });

  it("burn at the workbook's pace before anybody is told", () => {
    const [fast, slow] = apiAvailability.alerts;
    expect(fast).to.include({ name: "ApiAvailabilityBudgetBurnFast", severity: "p2", service: "api" });
    expect(slow).to.include({ name: "ApiAvailabilityBudgetBurnSlow", severity: "p3", service: "api" });
    const ratio = (w: string) => `slo:error_ratio:rate${w}{stack="unit",slo="ApiAvailability"}`;
    expect(fast?.expr.render("unit")).to.equal(
      `(${ratio("1h")} > 0.0144 and ${ratio("5m")} > 0.0144) or (${ratio("6h")} > 0.006 and ${ratio("30m")} > 0.006)`,
    );
    expect(slow?.expr.render("unit")).to.equal(
      `(${ratio("1d")} > 0.003 and ${ratio("2h")} > 0.003) or (${ratio("3d")} > 0.001 and ${ratio("6h")} > 0.001)`,
    );
    expect(databaseAvailability.alerts.map((a) => a.service)).to.deep.equal(["mysql", "mysql"]);
  });
});

describe("an objective of one's own", () => {
  it("may look at days only, as backups do", () => {
    const backups = slo({
      ...definition,
      burns: [{ speed: "Slow", severity: "p3", windows: [{ factor: 1, long: days(3), short: days(1) }] }],
    });
    expect(windowsOf(backups.recordings)).to.deep.equal(["1d", "3d", "30d"]);
    expect(backups.alerts.map((a) => a.name)).to.deep.equal(["BackupsBudgetBurnSlow"]);
    expect(backups.recordings.map((r) => r.metric.name)).to.include(sloBudgetLeft.name);
    for (const r of backups.recordings) expect(r.labels).to.deep.equal({ slo: "Backups" });
  });

  it("has a case in which it fires and two in which it must not, for each pair of windows", () => {
    const [fast] = slo(definition).alerts;
    expect(fast?.fires).to.have.length(2);
    expect(fast?.silent).to.have.length(4);
    expect(sloErrorRatio(hours(1)).name).to.equal("slo:error_ratio:rate1h");
    expect(sloErrorRatio(minutes(30)).name).to.equal("slo:error_ratio:rate30m");
  });

  it("is refused by its name if no error could be large enough, or none small enough", () => {
    expect(() => slo({ ...definition, objective: 0.9 })).to.throw("SLO Backups: no share of errors is 14.4 times");
    for (const objective of [0, 1, 99, Number.NaN])
      expect(() => slo({ ...definition, objective })).to.throw("SLO Backups: its objective must lie between 0 and 1");
  });
});
