/** Prometheus, Alertmanager and the blackbox exporter check the files that we render, by the loader that `up` runs. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { dump, load } from "js-yaml";
import { receiverOf, recorderReceiver } from "../../configs/alertmanager";
import { severities } from "../../configs/alerts/alert";
import { allAlerts } from "../../configs/alerts/all";
import { until } from "../images/support";
import { type Program, toolBench } from "./support";

describe("the files of the monitoring", () => {
  const { program } = toolBench(["prometheus", "alertmanager", "blackboxExporter"]);
  let made: Program;
  before(async function () {
    this.timeout(600_000);
    made = await program();
    expect(made.load("alertmanager-secrets-loader").status).to.equal(0);
  });

  for (const loader of ["prometheus-config-loader", "alertmanager-config-loader", "blackbox-config-loader"]) {
    it(`are taken: ${loader}`, () => {
      const { status, output } = made.load(loader);
      expect(status, output).to.equal(0);
      expect(output).to.match(/^loaded release [0-9a-f]{16}$/m);
    });
  }

  it("let Prometheus start with all of its rules", async () => {
    made.start("prometheus");
    await until("Prometheus answers", () => made.isWell("prometheus"), 60);
    const answer = made.inside("prometheus", "wget", "-q", "-O", "-", "http://127.0.0.1:9090/api/v1/rules?type=alert");
    const names = (JSON.parse(answer.stdout) as { data: { groups: { rules: { name: string }[] }[] } }).data.groups
      .flatMap((g) => g.rules)
      .map((r) => r.name);
    expect(names.sort()).to.deep.equal(allAlerts.map((a) => a.name).sort());
  });

  it("are refused by promtool in its own words when a rule is wrong", () => {
    const files = made.files("prometheus-config-loader");
    const wrong = {
      ...files,
      "rules.yml": (files["rules.yml"] ?? "").replace("histogram_quantile(", "histogram_quantil("),
    };
    const result = made.load("prometheus-config-loader", { release: "wrong", files: wrong });
    expect(result.status).to.equal(1);
    expect(result.output).to.match(/unknown function with name "histogram_quantil"/);
    expect(made.look("prometheus", "readlink /config/current").stdout).not.to.include("wrong");
  });

  it("are refused by amtool in its own words when a receiver is unknown", () => {
    const files = made.files("alertmanager-config-loader");
    const wrong = {
      "alertmanager.yml": (files["alertmanager.yml"] ?? "").replace("receiver: team-p1", "receiver: nobody"),
    };
    const result = made.load("alertmanager-config-loader", { release: "wrong", files: wrong });
    expect(result.status).to.equal(1);
    expect(result.output).to.match(/undefined receiver "nobody"/);
  });

  it("are taken by amtool with receivers of every kind", async () => {
    const folder = mkdtempSync(join(tmpdir(), "receivers-"));
    try {
      const file = (name: string, text: string): string => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      };
      const everyKind = [
        { kind: "webhook", url: "https://hook.example/a", tokenFile: file("token", "their-token") },
        { kind: "webhook", url: "http://hook.example/b" },
        { kind: "slack", urlFile: file("slack", "https://chat.example/hook") },
        { kind: "pagerduty", routingKeyFile: file("key", "their-key"), url: "https://pager.example/v2/enqueue" },
        {
          kind: "email",
          ...{ to: "on-call@clinic.example, lead@clinic.example", from: "watch@clinic.example" },
          ...{ smarthost: "mail.clinic.example:587", username: "watch", passwordFile: file("password", "their-pass") },
        },
      ];
      const path = file("receivers.yml", dump({ p1: everyKind, p4: everyKind }));
      const other = await program({ receivers: path });
      expect(other.load("alertmanager-secrets-loader").status).to.equal(0);
      const { status, output } = other.load("alertmanager-config-loader");
      expect(status, output).to.equal(0);
      expect(JSON.stringify(other.files("alertmanager-config-loader"))).not.to.match(/their-|chat\.example/);
      const modes = other.look("alertmanager", "stat -L -c %a /secrets/current/p1-* /secrets/current/p4-*").stdout;
      expect(modes.trim().split("\n")).to.deep.equal(Array.from({ length: 8 }, () => "400"));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("route every alert of every service to its priority's receiver and to the recorder", async () => {
    made.start("alertmanager");
    await until("Alertmanager answers", () => made.isWell("alertmanager"), 60);
    const route = (labels: Readonly<Record<string, string>>): string[] => {
      const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
      const file = "--config.file=/config/current/alertmanager.yml";
      return made
        .inside("alertmanager", "amtool", "config", "routes", "test", file, ...pairs)
        .stdout.trim()
        .split(",");
    };
    const services = new Set(allAlerts.map((a) => a.service));
    for (const severity of severities) {
      for (const service of services) {
        const receivers = route({ alertname: "Any", severity, service, stack: "zebra" });
        expect(receivers, `${severity} of ${service}`).to.deep.equal([recorderReceiver, receiverOf(severity)]);
      }
    }
    expect(route({ alertname: "Watchdog", severity: "p4", service: "monitoring" })).to.deep.equal([recorderReceiver]);
  });

  it("say of every rule which stack it is of", () => {
    const rules = load(made.files("prometheus-config-loader")["rules.yml"] ?? "") as {
      groups: { rules: { alert?: string; labels: Record<string, string> }[] }[];
    };
    for (const rule of rules.groups.flatMap((g) => g.rules))
      expect(rule.labels.stack, rule.alert ?? "a recording").to.equal(made.stack);
  });
});
