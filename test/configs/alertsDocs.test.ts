/** What hangs on an alert outside of the code: its page, and its line in docs/alerts.md. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { allAlerts } from "../../configs/alerts/all";
import { renderAlertTable } from "../../configs/alerts/table";

const root = join(__dirname, "..", "..");
const runbooks = join(root, "runbooks");
/** Pages that belong to no alert of Prometheus, and why. */
const others: Readonly<Record<string, string>> = {
  "README.md": "how the pages are laid out",
  "UpFailed.md": "for an `up` that failed",
  "P1_MonitoringSilent.md": "sent by the incident recorder itself when the heartbeat stops",
};
const sections = ["Meaning", "Impact on patients", "Check", "Act", "Verify", "Escalate", "Drill"];

describe("the documents of the alerts", () => {
  for (const { name, runbook, drill } of allAlerts) {
    it(`${name} has a page in the one form`, () => {
      const text = readFileSync(join(runbooks, `${runbook}.md`), "utf8");
      expect(text).to.match(new RegExp(`^# ${name} \\(${runbook.slice(0, 2)}\\)\\n`));
      expect([...text.matchAll(/^## (.+)$/gm)].map((m) => m[1])).to.deep.equal(sections);
      const check = text.slice(text.indexOf("## Check"), text.indexOf("## Act"));
      expect(check, "commands to paste").to.match(/```sh\n[^`]+```/);
      const exercise = text.slice(text.indexOf("## Drill"));
      expect(exercise).to.include(typeof drill === "string" ? drill : "None:");
    });
  }

  it("have no page without an alert", () => {
    const known = new Set([...allAlerts.map((a) => `${a.runbook}.md`), ...Object.keys(others)]);
    expect(readdirSync(runbooks).filter((file) => !known.has(file))).to.deep.equal([]);
  });

  it("list every alert as it is", () => {
    const file = join(root, "docs", "alerts.md");
    const text = renderAlertTable(allAlerts);
    if (process.env.UPDATE) writeFileSync(file, text);
    expect(readFileSync(file, "utf8"), "UPDATE=1 npm run test:unit writes it anew").to.equal(text);
  });
});
