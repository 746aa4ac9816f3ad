/** The alerts as Prometheus will read them: parsed back from the rule file. That they fire when they must: test/tools. */
import { parser } from "@prometheus-io/lezer-promql";
import { expect } from "chai";
import { load } from "js-yaml";
import { type AlertDefinition, alert } from "../../configs/alerts/alert";
import { allAlerts } from "../../configs/alerts/all";
import { heartbeatName } from "../../configs/alerts/heartbeat";
import { panels } from "../../configs/dashboards/panels";
import * as catalogue from "../../configs/metrics";
import { Metric, type MetricDefinition, promql } from "../../configs/promql";
import { renderRules } from "../../configs/rules";
import { sloRecordings } from "../../configs/slos";
import { thresholds } from "../../configs/thresholds";
import { seconds } from "../../configs/units";

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly interval: string; readonly rules: readonly Rule[] }[];
}

const stack = "unit";
const file = load(renderRules(stack, allAlerts, sloRecordings)) as RuleFile;
const rules = file.groups.flatMap((g) => g.rules);
const find = (name: string): Rule => rules.find((r) => r.alert === name) ?? expect.fail(`no rule ${name}`);

/** Every series that may be read, by its name. */
const known = new Map<string, MetricDefinition<string>>();
for (const metric of [...Object.values(catalogue), ...sloRecordings.map((r) => r.metric)]) {
  if (!(metric instanceof Metric)) continue;
  const parts = metric.definition.type === "histogram" ? [metric.bucket, metric.count, metric.sum] : [metric];
  for (const { name, definition } of parts) known.set(name, definition);
}

interface Read {
  readonly metric: string;
  readonly matchers: Readonly<Record<string, string>>;
}
/** What an expression reads, by the grammar of Prometheus' own editor. @throws Error where it does not parse */
function reads(expr: string): Read[] {
  const text = (node: { from: number; to: number }) => expr.slice(node.from, node.to);
  const found: { metric: string; matchers: Record<string, string> }[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`does not parse at ${node.from}: ${expr}`);
      if (node.name === "VectorSelector") found.push({ metric: "", matchers: {} });
      const last = found.at(-1);
      if (node.name === "Identifier" && node.node.parent?.name === "VectorSelector" && last) last.metric = text(node);
      if (node.name !== "UnquotedLabelMatcher" || !last) return;
      const label = node.node.getChild("LabelName");
      const value = node.node.getChild("StringLiteral");
      if (label && value) last.matchers[text(label)] = text(value);
    },
  });
  return found;
}

/** Labels that a target's series have without being named. */
const everywhere = ["job", "instance"];
const drills =
  "replica-stopped replica-killed replica-crashed replica-frozen replica-slow replica-answers-5xx all-replicas-stopped total-failure mysql-down redis-down haproxy-down frontend-down disk-filling pushgateway-down prometheus-down alertmanager-down elasticsearch-down filebeat-stopped bad-deployment".split(
    " ",
  );

describe("the alerts", () => {
  it("have names of their own", () => {
    const names = allAlerts.map((a) => a.name);
    expect(new Set(names).size).to.equal(names.length);
    expect(names.length).to.be.within(35, 55);
  });

  it("page for nothing but an outage, and see it at once", () => {
    const pages = allAlerts.filter((a) => a.severity === "p1");
    expect(pages.map((a) => a.name).sort()).to.deep.equal(["AllApiDown", "FrontendDown", "HaproxyDown", "MysqlDown"]);
    for (const a of pages) {
      expect(a.every.seconds, a.name).to.equal(5);
      expect(a.for.seconds, a.name).to.be.at.most(5);
    }
  });

  for (const a of allAlerts)
    describe(a.name, () => {
      const rule = find(a.name);

      it("is the rule that it says", () => {
        expect(rule.labels).to.deep.equal({ severity: a.severity, service: a.service, stack });
        expect(rule.for).to.equal(a.for.milliseconds === 0 ? undefined : a.for.toPromql());
        const group = file.groups.find((g) => g.rules.includes(rule));
        expect(group?.interval).to.equal(a.every.toPromql());
      });

      it("tells a person what is wrong, and where to look", () => {
        expect(rule.annotations?.runbook).to.equal(`${a.severity.toUpperCase()}_${a.name}`);
        expect(rule.annotations?.panel).to.equal(`${a.panel.dashboard}/${a.panel.id}`);
        expect(Object.values<object>(panels[a.panel.dashboard])).to.include(a.panel);
        expect(a.summary.replace(/\{\{.*?\}\}/g, "N")).to.match(/^\S[^\n|]{10,100}[^.\s]$/);
        expect(a.description).to.match(/^\S[^\n|]{40,320}\.$/);
        for (const [, label = ""] of a.summary.matchAll(/\$labels\.(\w+)/g))
          if (!everywhere.includes(label)) expect(rule.expr).to.include(label);
      });

      it("has a drill, or says why not", () => {
        if (typeof a.drill === "string") expect(drills).to.include(a.drill);
        else expect(a.drill.none).to.match(/^\S.{15,}[^.]$/);
      });
    });

  it("read at least one series, but for the heartbeat", () => {
    for (const a of allAlerts) expect(a.expr.selectors.length > 0, a.name).to.equal(a.name !== heartbeatName);
  });

  it("use the thresholds that panels show", () => {
    const used: readonly (readonly [string, number])[] = [
      ["ApiErrorRateHigh", thresholds.errorRatio],
      ["ApiLatencyHigh", thresholds.latency.seconds],
      ["HaproxyBackendDegraded", thresholds.replicasInRotation],
      ["HaproxyServerErrors", thresholds.haproxyErrors],
      ["HostCpuSaturated", thresholds.hostLoad],
      ["HostMemoryPressure", thresholds.hostMemory],
      ["HostDiskAlmostFull", thresholds.hostDisk],
      ["HostDiskFillsSoon", thresholds.hostDiskTrend],
      ["HostDiskFillsSoon", thresholds.hostDiskHorizon.seconds],
      ["HostNetworkErrors", thresholds.hostNetworkErrors],
      ["ContainerNearMemoryLimit", thresholds.containerMemory],
      ["ContainerCpuThrottled", thresholds.containerThrottled],
      ["ContainerRestarting", thresholds.containerRestarts],
      ["MysqlConnectionsNearLimit", thresholds.mysqlConnections],
      ["MysqlSlowQueries", thresholds.mysqlSlowQueries],
      ["RedisMemoryHigh", thresholds.redisMemory],
      ["RedisEvicting", thresholds.redisEvictions],
      ["PushgatewayStale", thresholds.pushAge.seconds],
      ["RetentionCutShort", thresholds.history.seconds],
    ];
    for (const [name, value] of used) expect(find(name).expr, name).to.match(new RegExp(`\\b${value}\\b`));
  });
});

describe("the rule file", () => {
  it("reads nothing but series of the catalogue, by labels that they have, of its own stack", () => {
    for (const { alert: name, record, expr } of rules)
      for (const { metric, matchers } of reads(expr)) {
        const place = `${name ?? record}: ${metric}`;
        const definition = known.get(metric);
        expect(definition, `${place} is in no catalogue`).not.to.equal(undefined);
        expect(matchers.stack, place).to.equal(`"${stack}"`);
        expect([...(definition?.labels ?? []), "stack", "job", "instance"], place).to.include.members(
          Object.keys(matchers),
        );
      }
  });

  it("says in typed selectors what its text reads", () => {
    for (const a of allAlerts)
      expect(
        reads(find(a.name).expr).map((r) => r.metric),
        a.name,
      ).to.deep.equal(a.expr.selectors.map((s) => s.metric.name));
  });

  it("names every series that it records once for each set of labels, and with the stack", () => {
    const records = rules.filter((r) => r.record);
    const keys = records.map((r) => JSON.stringify([r.record, r.labels]));
    expect(new Set(keys).size).to.equal(keys.length);
    for (const r of records) expect(r.labels.stack, r.record).to.equal(stack);
  });

  it("is found out when it does not parse", () => {
    expect(() => reads('sum(up{stack="a"}')).to.throw("does not parse");
  });
});

describe("an alert that is not whole", () => {
  const whole: AlertDefinition = {
    name: "Whole",
    severity: "p4",
    service: "monitoring",
    expr: promql`vector(1)`,
    for: seconds(0),
    summary: "",
    description: "",
    panel: panels.monitoring.heartbeat,
    fires: [{ series: [], at: seconds(0) }],
    silent: [{ series: [], at: seconds(0) }],
    drill: { none: "" },
  };

  it("is refused by its name", () => {
    expect(alert(whole).runbook).to.equal("P4_Whole");
    expect(() => alert({ ...whole, fires: [] })).to.throw("alert Whole: it needs at least one case");
    expect(() => alert({ ...whole, silent: [] })).to.throw("alert Whole: it needs at least one case");
    expect(() => alert({ ...whole, name: "not-whole" })).to.throw('alert "not-whole"');
  });
});
