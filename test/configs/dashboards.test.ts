/** Dashboards: complete, readable, and of one piece with the alerts. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Dashboard, Panel as GrafanaPanel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dataquery } from "@grafana/grafana-foundation-sdk/prometheus";
import { LabelMatchers, parser, QuotedLabelName, VectorSelector } from "@prometheus-io/lezer-promql";
import { expect } from "chai";
import { load } from "js-yaml";
import { allAlerts } from "../../configs/alerts/all";
import { alertsOf, panelUrl } from "../../configs/dashboards/links";
import { type Panel, panels } from "../../configs/dashboards/panels";
import { renderDashboardProvider, renderDataSources } from "../../configs/dashboards/provisioning";
import { dashboards, panelQueries, renderDashboards } from "../../configs/dashboards/render";
import { thresholds } from "../../configs/thresholds";

const surroundings = {
  alertmanager: "http://127.0.0.1:9093",
  runbook: (name: string) => `http://127.0.0.1:9095/runbooks/${name}`,
  logs: true,
};
const files = renderDashboards("zebra", { alerts: allAlerts, ...surroundings });
const rendered = Object.values(files).map((text) => JSON.parse(text) as Dashboard);
const everyPanel: readonly Panel[] = Object.values(panels).flatMap((own) => Object.values<Panel>(own));

const isRow = (panel: GrafanaPanel | RowPanel): panel is RowPanel => panel.type === "row";
const panelsOf = (d: Dashboard): GrafanaPanel[] =>
  (d.panels ?? []).filter((panel): panel is GrafanaPanel => !isRow(panel));
const grafanaPanel = ({ dashboard, id }: Panel): GrafanaPanel => {
  const own = rendered.find((d) => d.uid === `medassist-${dashboard}`);
  const found = own && panelsOf(own).find((panel) => panel.id === id);
  if (!found) throw new Error(`${dashboard} has no panel ${id}`);
  return found;
};
const targetsOf = (panel: GrafanaPanel) => (panel.targets ?? []) as Dataquery[];
const exprsOf = (panel: GrafanaPanel): string[] => targetsOf(panel).map((target) => target.expr);
const limitsOf = (panel: GrafanaPanel): number[] =>
  (panel.fieldConfig?.defaults.thresholds?.steps ?? []).flatMap(({ value }) => (value === null ? [] : [value]));
const all: readonly (readonly [string, string])[] = rendered.flatMap((d) => [
  ...panelsOf(d).flatMap((panel) => exprsOf(panel).map((expr) => [`${d.uid}/${panel.id}`, expr] as const)),
  ...(d.annotations.list ?? []).map((a) => [`${d.uid} ${a.name}`, (a.target as Dataquery).expr] as const),
]);

describe("dashboards", () => {
  it("show every panel once, in its own dashboard", () => {
    const shown = rendered.flatMap((d) => panelsOf(d).map((panel) => `${d.uid}/${panel.id} ${panel.title}`));
    expect(shown.sort()).to.deep.equal(
      everyPanel.map(({ dashboard, id, title }) => `medassist-${dashboard}/${id} ${title}`).sort(),
    );
    expect(Object.keys(files)).to.deep.equal(Object.keys(dashboards).map((name) => `${name}.json`));
  });

  for (const d of rendered) {
    it(`${d.uid} stands in the grid: nothing overlaps, nothing is too wide, no id twice`, () => {
      const every = d.panels ?? [];
      expect(new Set(every.map(({ id }) => id)).size).to.equal(every.length);
      const taken = new Set<string>();
      for (const { gridPos } of every) {
        const { x, y, w, h } = gridPos ?? expect.fail("a panel without a place");
        expect(x + w).to.be.at.most(24);
        for (let column = x; column < x + w; column++)
          for (let line = y; line < y + h; line++) {
            const cell = `${column},${line}`;
            expect(taken.has(cell), cell).to.equal(false);
            taken.add(cell);
          }
      }
    });

    it(`${d.uid} says of everything what it is, and takes it from the one data source`, () => {
      expect(d).to.include({ refresh: "10s", editable: false });
      expect(d.time).to.deep.equal({ from: "now-1h", to: "now" });
      expect(d.tags).to.include("medassist");
      for (const panel of panelsOf(d)) {
        expect(panel.description, panel.title).to.match(/^[A-Z0-9].{20,}[.]$/);
        expect(panel.fieldConfig?.defaults.unit, panel.title).to.be.a("string");
        expect(panel.fieldConfig?.defaults.thresholds?.steps, panel.title).to.not.equal(undefined);
        for (const source of [panel, ...targetsOf(panel)])
          expect(source.datasource).to.deep.equal({ type: "prometheus", uid: "prometheus" });
      }
    });
  }

  it("have nothing in them that was not meant, nor anything that Grafana would replace", () => {
    for (const [name, text] of Object.entries(files)) {
      // The links to log lines are the one place where Grafana replaces something.
      const rest = text.replace(/"\/explore\?[^"]+"/g, "");
      expect(rest, name).to.not.match(/undefined|\[object|\bNaN\b|\[\[|\$/);
    }
  });

  it("ask for this stack's series only, in PromQL that parses", () => {
    for (const [where, expr] of all) {
      let selectors = 0;
      parser.parse(expr).iterate({
        enter: (node) => {
          expect(node.type.isError, `${where}: ${expr}`).to.equal(false);
          if (node.type.id !== VectorSelector) return;
          selectors += 1;
          const matchers = node.node.getChild(LabelMatchers);
          expect(node.node.getChild(QuotedLabelName)).to.equal(null);
          expect(expr.slice(matchers?.from, matchers?.to), `${where}: ${expr}`).to.match(/^{stack="zebra"[,}]/);
        },
      });
      expect(selectors, `${where}: ${expr}`).to.be.above(0);
    }
  });

  it("show a replica by its label: none of them is named anywhere", () => {
    for (const [where, expr] of all) expect(expr, where).to.not.match(/"api\d+"|server=|instance=/);
    for (const panel of [panels.red.rateByInstance, panels.red.errorsByInstance])
      expect(targetsOf(grafanaPanel(panel))[0]?.legendFormat).to.equal("{{instance}}");
    for (const panel of [panels.ha.replicaHealth, panels.ha.errorsByInstance])
      expect(targetsOf(grafanaPanel(panel))[0]?.legendFormat).to.equal("{{server}}");
  });

  it("USE begins with its six: utilisation, saturation and errors of CPU, memory and network", () => {
    const use = rendered.find((d) => d.uid === "medassist-use");
    expect(
      use &&
        panelsOf(use)
          .slice(0, 6)
          .map((panel) => panel.title),
    ).to.deep.equal([
      "CPU: utilisation",
      "CPU: saturation",
      "Memory: utilisation",
      "Memory: saturation",
      "Network: utilisation",
      "Network: errors",
    ]);
  });

  it("the overview fits on one screen", () => {
    const overview = rendered.find((d) => d.uid === "medassist-overview");
    const bottoms = (overview?.panels ?? []).map(({ gridPos }) => (gridPos ? gridPos.y + gridPos.h : 99));
    expect(Math.max(...bottoms)).to.be.at.most(20);
    expect(overview?.panels?.some(isRow)).to.equal(false);
  });

  it("a query that has no series in a healthy, idle stack says why", () => {
    expect(panelQueries).to.have.lengthOf(rendered.flatMap((d) => panelsOf(d).flatMap(targetsOf)).length);
    const reasons = panelQueries.flatMap(({ eventOnly }) => eventOnly ?? []);
    for (const reason of reasons) expect(reason).to.match(/^[a-z].{15,}/);
  });
});

describe("dashboards and alerts", () => {
  for (const alert of allAlerts) {
    it(`the panel of ${alert.name} leads to its runbook and to Alertmanager`, () => {
      const links = grafanaPanel(alert.panel).links ?? [];
      expect(links.map(({ url }) => url)).to.include(surroundings.runbook(alert.runbook));
      const url = links.at(-1)?.url ?? "";
      expect(url.startsWith(`${surroundings.alertmanager}/#/alerts?filter=`)).to.equal(true);
      const names = alertsOf(alert.panel, allAlerts).map(({ name }) => name);
      expect(decodeURIComponent(url.split("filter=")[1] ?? "")).to.equal(
        `{stack="zebra",alertname=~"${names.join("|")}"}`,
      );
    });
  }

  it("change colour where alerts fire", () => {
    const expected: readonly (readonly [Panel, readonly number[]])[] = [
      [panels.use.cpuSaturation, [thresholds.hostLoad]],
      [panels.use.memoryUtilisation, [1 - thresholds.hostMemory]],
      [panels.use.networkErrors, [thresholds.hostNetworkErrors]],
      [panels.use.diskFree, [thresholds.hostDisk, thresholds.hostDiskTrend]],
      [panels.use.containerThrottling, [thresholds.containerThrottled]],
      [panels.use.containerMemory, [thresholds.containerMemory]],
      [panels.use.containerRestarts, [thresholds.containerRestarts]],
      [panels.red.errors, [thresholds.errorRatio]],
      [panels.red.duration, [thresholds.latency.seconds]],
      [panels.ha.activeBackends, [thresholds.replicasInRotation + Number.EPSILON]],
      [panels.ha.serverErrors, [thresholds.haproxyErrors]],
      [panels.data.mysqlConnections, [thresholds.mysqlConnections]],
      [panels.data.mysqlSlowQueries, [thresholds.mysqlSlowQueries]],
      [panels.data.redisMemory, [thresholds.redisMemory]],
      [panels.data.redisEvictions, [thresholds.redisEvictions]],
      [panels.monitoring.pushes, [thresholds.pushAge.seconds]],
      [panels.overview.errors, [thresholds.errorRatio]],
      [panels.overview.latency, [thresholds.latency.seconds]],
    ];
    for (const [panel, limits] of expected) expect(limitsOf(grafanaPanel(panel)), panel.title).to.deep.equal(limits);
  });

  const withoutParentheses = (text: string): string => {
    const rest = text.replace(/\([^()]*\)/g, "");
    return rest === text ? rest : withoutParentheses(rest);
  };
  for (const alert of allAlerts) {
    // It has no series of its own; and an exporter that is gone is seen by what it no longer tells.
    if (["Watchdog", "NodeDown"].includes(alert.name)) continue;
    it(`the panel of ${alert.name} shows a series that it looks at`, () => {
      const shown = panelQueries
        .filter(({ panel }) => panel === alert.panel)
        .flatMap(({ query }) => query.expr.selectors);
      const names = new Set(shown.map(({ metric }) => metric.name));
      expect(
        alert.expr.selectors.some(({ metric }) => names.has(metric.name)),
        [...names].join(),
      ).to.equal(true);
    });
  }

  /** Their panels show each target or witness by itself. */
  const witnesses = ["NodeDown", "TargetDown", "IncidentRecorderDown", "FrontendDown"];
  for (const alert of allAlerts.filter(({ name }) => !witnesses.includes(name))) {
    const comparison = /^(?<what>.+) (?:[<>]=?|==) (?<limit>[\d.e-]+)$/.exec(alert.expr.render("zebra"))?.groups;
    const { what = "", limit } = comparison ?? {};
    // Alerts of several conditions show each by itself, if at all.
    if (!comparison || / (and|or|unless) |[<>]/.test(withoutParentheses(what))) continue;
    it(`the panel of ${alert.name} shows what it compares, and with what`, () => {
      const panel = grafanaPanel(alert.panel);
      expect(
        exprsOf(panel).some((expr) => expr.includes(what)),
        what,
      ).to.equal(true);
      const inverted = exprsOf(panel).includes(`1 - ${what}`);
      const shown = inverted ? 1 - Number(limit) : Number(limit);
      const near = limitsOf(panel).filter((value) => Math.abs(value - shown) < 0.001);
      if (panel.type === "state-timeline") return;
      expect(near, `${shown} among ${limitsOf(panel)}`).to.have.lengthOf(1);
    });
  }

  it("a link to a panel has the form that Grafana gives it", () => {
    expect(panelUrl("http://127.0.0.1:3000", panels.ha.replicaHealth)).to.equal(
      "http://127.0.0.1:3000/d/medassist-ha?viewPanel=panel-2",
    );
  });
});

describe("dashboards and log lines", () => {
  /** What Explore is told, with what Grafana would have put in. */
  const explored = (url = ""): { query: string; range: object; datasource: unknown } => {
    expect(url).to.match(/^\/explore\?schemaVersion=1&orgId=1&panes=/);
    const filled = url
      .replace("${__from}", "1000")
      .replace("${__to}", "2000")
      .replace(/\$\{__field\.labels\.(\w+):percentencode\}/g, (_, label: string) =>
        encodeURIComponent(`a ${label}/:id`),
      );
    expect(filled).not.to.include("$");
    const { logs } = JSON.parse(decodeURIComponent(filled.split("panes=")[1] ?? "")) as {
      logs: { datasource: string; queries: { query: string; datasource: unknown; metrics: unknown }[]; range: object };
    };
    expect(logs.datasource).to.equal("logs");
    expect(logs.queries[0]?.metrics).to.deep.equal([{ id: "1", type: "logs" }]);
    return { query: logs.queries[0]?.query ?? "", range: logs.range, datasource: logs.queries[0]?.datasource };
  };
  const logsLink = (panel: GrafanaPanel): string | undefined => panel.links?.find((l) => l.title === "Logs")?.url;
  /** By query; a query without the label that the link needs has none. */
  const seriesLinks = (panel: GrafanaPanel): Map<unknown, string> =>
    new Map(
      (panel.fieldConfig?.overrides ?? []).flatMap(({ matcher, properties }) =>
        properties.flatMap(({ id, value }) =>
          id === "links" ? [[matcher.options, (value as { url: string }[])[0]?.url ?? ""] as const] : [],
        ),
      ),
    );

  it("each panel of RED leads to the replicas' lines of the time on the screen", () => {
    for (const panel of Object.values(panels.red)) {
      const { query, range, datasource } = explored(logsLink(grafanaPanel(panel)));
      expect(query, panel.title).to.match(/^service:api\*/);
      expect(range).to.deep.equal({ from: "1000", to: "2000" });
      expect(datasource).to.deep.equal({ type: "elasticsearch", uid: "logs" });
    }
  });

  it("a line of a replica or an endpoint leads to what that one said", () => {
    const query = (panel: Panel, refId = "A"): string => explored(seriesLinks(grafanaPanel(panel)).get(refId)).query;
    expect(query(panels.red.rateByInstance)).to.equal('service:"a instance/:id"');
    expect(query(panels.red.errorsByInstance)).to.equal('service:"a instance/:id" AND status:[500 TO *]');
    expect(query(panels.red.errors, "B")).to.equal('service:api* AND status:[500 TO *] AND endpoint:"a endpoint/:id"');
    const linked = Object.values(panels.red).flatMap((panel) =>
      [...seriesLinks(grafanaPanel(panel)).keys()].map((refId) => `${panel.title}: ${refId}`),
    );
    expect(linked).to.deep.equal([
      "Requests per second, by endpoint: A",
      "Errors: share of 5xx: B",
      "Duration: p95 by endpoint: A",
      "Requests per second, by replica: A",
      "5xx per second, by replica: A",
    ]);
  });

  it("without logging nothing leads there", () => {
    const { "red.json": red } = renderDashboards("zebra", { alerts: allAlerts, ...surroundings, logs: false });
    expect(red).not.to.include("/explore");
  });
});

describe("Grafana's provisioning", () => {
  it("has the one data source that dashboards ask", () => {
    const { datasources } = load(renderDataSources({ prometheus: "http://prometheus:9090", logs: undefined })) as {
      datasources: Record<string, unknown>[];
    };
    expect(datasources).to.have.lengthOf(1);
    expect(datasources[0]).to.deep.include({
      type: "prometheus",
      uid: "prometheus",
      url: "http://prometheus:9090",
      isDefault: true,
      editable: false,
    });
    expect(datasources[0]?.jsonData).to.deep.include({ timeInterval: "5s" });
  });

  it("with logging also has the lines, as their reader, over TLS; what is secret stays in files", () => {
    const text = renderDataSources({
      prometheus: "http://prometheus:9090",
      logs: {
        url: "https://elasticsearch:9200",
        user: "log_reader",
        passwordFile: "/secrets/current/logs-password",
        authorityFile: "/secrets/current/logs-ca.crt",
      },
    });
    const { datasources } = load(text) as { datasources: Record<string, unknown>[] };
    expect(datasources).to.have.lengthOf(2);
    expect(datasources[1]).to.deep.include({
      type: "elasticsearch",
      uid: "logs",
      url: "https://elasticsearch:9200",
      basicAuth: true,
      basicAuthUser: "log_reader",
      editable: false,
    });
    expect(datasources[1]?.jsonData).to.deep.include({
      index: "filebeat-*",
      timeField: "@timestamp",
      tlsAuthWithCACert: true,
    });
    expect(datasources[1]?.secureJsonData).to.deep.equal({
      basicAuthPassword: "$__file{/secrets/current/logs-password}",
      tlsCACert: "$__file{/secrets/current/logs-ca.crt}",
    });
  });

  it("reads dashboards from a folder, keeps them when its link leads elsewhere, and expands no variable in its name", () => {
    const { providers } = load(renderDashboardProvider({ dashboards: "/etc/$HOME/current" })) as {
      providers: Record<string, unknown>[];
    };
    expect(providers).to.have.lengthOf(1);
    expect(providers[0]).to.deep.include({ updateIntervalSeconds: 10, allowUiUpdates: false, disableDeletion: true });
    expect(providers[0]?.options).to.deep.include({ path: "/etc/$$HOME/current" });
  });
});

describe("the dashboards' snapshot", () => {
  /** A line for each panel, for people, and the hash of all the rest: links change with the alerts, and are left out. */
  const outline = Object.fromEntries(
    Object.entries(renderDashboards("zebra", { alerts: [], ...surroundings })).map(([name, text]) => {
      const { title, panels: shown = [] } = JSON.parse(text) as Dashboard;
      const lines = shown.flatMap((panel) => {
        const { x, y, w, h } = panel.gridPos ?? expect.fail("a panel without a place");
        const head = `${w}x${h} at ${x},${y}: ${panel.type} ${panel.id} "${panel.title}"`;
        if (isRow(panel)) return [head];
        const { unit, thresholds: limits } = panel.fieldConfig?.defaults ?? {};
        const steps = (limits?.steps ?? []).map(({ value, color }) => `${value ?? ""}${color}`).join(" ");
        return [
          `${head} in ${unit}, ${steps}`,
          ...targetsOf(panel).map((t) => `  ${t.refId} ${t.legendFormat}: ${t.expr}`),
        ];
      });
      return [name, { title, sha256: createHash("sha256").update(text).digest("hex"), panels: lines }];
    }),
  );

  it("is as it was", () => {
    const file = join(__dirname, "snapshots", "dashboards.json");
    const text = `${JSON.stringify(outline, null, 2)}\n`;
    if (process.env.UPDATE) writeFileSync(file, text);
    expect(text, "UPDATE=1 npm run test:unit writes it anew").to.equal(readFileSync(file, "utf8"));
  });
});
