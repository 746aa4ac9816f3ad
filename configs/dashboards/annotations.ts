/** What is drawn over every course: when somebody worked on the system, and when something fired. */
import type { AnnotationQuery } from "@grafana/grafana-foundation-sdk/dashboard";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import { heartbeatName } from "../alerts/heartbeat";
import { alertsSeries, maintenanceActive } from "../metrics";
import { type Expression, not, promql } from "../promql";
import { type Duration, seconds } from "../units";
import { dataSource } from "./source";
import type { Color } from "./view";

interface Annotation {
  readonly name: string;
  readonly expr: Expression;
  readonly color: Color;
  /** Samples that are no further apart than this are one span of time. */
  readonly step: Duration;
  /** With `{{label}}` for the value of a label. */
  readonly title: string;
  readonly text: string;
  readonly tags: readonly string[];
}

/** Grafana marks the times at which a series is above 0. */
export const annotations: readonly Annotation[] = [
  {
    name: "Maintenance",
    expr: promql`max by (stack) (${maintenanceActive})`,
    color: "blue",
    step: seconds(60),
    title: "Maintenance window",
    text: "What happens now was planned; alerts are muted and error budgets do not pay for it.",
    tags: [],
  },
  {
    name: "Alerts",
    expr: promql`max by (alertname, severity, service) (${alertsSeries.where({
      alertstate: "firing",
      alertname: not(heartbeatName),
    })})`,
    color: "red",
    step: seconds(15),
    title: "{{alertname}}",
    text: "{{service}}",
    tags: ["severity", "service"],
  },
];

/** In Grafana's form. Not by the SDK's builder or defaults, which would hide the switches in the menu of controls. */
export const annotationsOf = (stack: string): AnnotationQuery[] =>
  annotations.map(({ name, expr, color, step, title, text, tags }) => ({
    name,
    datasource: dataSource,
    enable: true,
    iconColor: color,
    target: new prometheus.DataqueryBuilder()
      .refId("Anno")
      .expr(expr.render(stack))
      .interval(step.toPromql())
      .range()
      .build(),
    titleFormat: title,
    textFormat: text,
    tagKeys: tags.join(","),
  }));
