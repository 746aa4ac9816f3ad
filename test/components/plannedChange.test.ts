import { expect } from "chai";
import { silenceMatchers } from "../../components/plannedChange";
import { allAlerts } from "../../configs/alerts/all";

const muted = (fromNothing: boolean, alertname: string): boolean =>
  silenceMatchers("zebra", allAlerts, fromNothing)
    .filter((m) => m.name === "alertname")
    .every((m) => (m.isRegex ? new RegExp(`^(?:${m.value})$`).test(alertname) : m.value === alertname) === m.isEqual);

describe("a planned change", () => {
  it("is of this stack alone", () => {
    for (const fromNothing of [true, false])
      expect(silenceMatchers("zebra", allAlerts, fromNothing)).to.deep.include({
        name: "stack",
        value: "zebra",
        isRegex: false,
        isEqual: true,
      });
  });

  it("mutes what a roll looks like, and nothing that a roll must not cause", () => {
    expect(muted(false, "ApiInstanceDown")).to.equal(true);
    for (const name of ["AllApiDown", "ApiErrorRateHigh", "RuleEvaluationFailing", "Watchdog"])
      expect(muted(false, name), name).to.equal(false);
  });

  it("mutes all but the heartbeat on a stack that comes up from nothing", () => {
    for (const { name } of allAlerts) expect(muted(true, name), name).to.equal(name !== "Watchdog");
  });
});
