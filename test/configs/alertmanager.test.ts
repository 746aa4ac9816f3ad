import { expect } from "chai";
import { load } from "js-yaml";
import { inhibitions, receiverOf, recorderReceiver, renderAlertmanager } from "../../configs/alertmanager";
import { severities } from "../../configs/alerts/alert";
import { allAlerts } from "../../configs/alerts/all";

const text = renderAlertmanager({
  api: { url: "http://haproxy:8082/api/webhook/alert", tokenFile: "/secrets/current/api" },
  recorder: { url: "http://incidents:9095/alerts", tokenFile: "/secrets/current/recorder" },
  others: { p1: [], p2: [], p3: [], p4: [] },
  secretFile: (name) => `/secrets/current/${name}`,
});
interface Route {
  receiver: string;
  matchers?: string[];
  group_wait: string;
  continue?: boolean;
  group_by?: string[];
  routes?: Route[];
}
const file = load(text) as { route: Route; receivers: { name: string; webhook_configs: { url: string }[] }[] };

describe("alertmanager.yml", () => {
  it("has a receiver for each priority, and one that gets everything", () => {
    const names = file.receivers.map((r) => r.name);
    expect(names).to.deep.equal([recorderReceiver, ...severities.map(receiverOf)]);
    expect(new Set(names).size).to.equal(5);
    for (const severity of severities) {
      const routes = file.route.routes?.filter((r) => r.matchers?.includes(`severity="${severity}"`)) ?? [];
      expect(routes.map((r) => [r.receiver, r.continue ?? false])).to.deep.equal([
        [recorderReceiver, true],
        [receiverOf(severity), false],
      ]);
    }
  });

  it("sends a p1 at once, and p4 in one bundle", () => {
    const route = (severity: string) => file.route.routes?.find((r) => r.receiver === `team-${severity}`);
    expect(route("p1")?.group_wait).to.equal("0ms");
    expect(route("p4")?.group_by).to.deep.equal(["severity"]);
    expect(file.route.group_by).to.deep.equal(["..."]);
  });

  it("names secrets by file only", () => {
    expect(text)
      .to.include("credentials_file: /secrets/current/api")
      .and.not.to.match(/credentials:|password:/);
  });

  it("inhibits only by alerts that there are, and never the heartbeat", () => {
    const names = new Set(allAlerts.map((a) => a.name));
    for (const { source, target, equal } of inhibitions) {
      expect(equal).to.include("stack");
      for (const [, list = ""] of [...source, ...target].flatMap((m) => [...m.matchAll(/^alertname=~?"([^"]+)"$/g)]))
        for (const name of list.split("|"))
          expect(
            [...names].some((known) => new RegExp(`^(?:${name})$`).test(known)),
            name,
          ).to.equal(true);
    }
    expect(text).to.include('alertname!="Watchdog"');
  });

  it("is silent about everything but the heartbeat while maintenance goes on, and only of the same stack", () => {
    expect(inhibitions).to.deep.include({
      source: ['alertname="Maintenance"'],
      target: ['alertname!~"Maintenance|Watchdog"'],
      equal: ["stack"],
    });
    expect(inhibitions.filter((i) => i.source.some((m) => m.includes("Maintenance")))).to.have.length(1);
  });
});
