/** What can go wrong with the monitoring itself. What it can no longer tell, the incident recorder does (Watchdog). */
import { panels } from "../dashboards/panels";
import {
  alertmanagerReloaded,
  configReloaded,
  maintenanceActive,
  notificationErrors,
  notificationsDropped,
  notificationsFailed,
  oldestSample,
  pushTime,
  ruleFailures,
  sizeRetentions,
  up,
} from "../metrics";
import { not, notMatching, promql } from "../promql";
import { thresholds } from "../thresholds";
import { days, minutes, seconds } from "../units";
import { type Alert, alert, series } from "./alert";
import { heartbeatName, maintenanceName } from "./heartbeat";

const every = seconds(15);

/** Targets that do not answer, by job; without the two whose alerts say exactly this. */
export const targetsDown = promql`count by (job) (${up.where({ job: notMatching("node|incidents") })} == 0)`;

/** Failed evaluations of rules in the last 5 minutes, by group. */
export const ruleFailureCount = promql`sum by (rule_group) (increase(${ruleFailures.over(minutes(5))}))`;

/** 1 if a program runs with the configuration that it was last given, by job. */
export const configurationLoaded = promql`min by (job) (${configReloaded} or ${alertmanagerReloaded})`;

/** Notifications that Alertmanager gave up after all attempts, in the last 5 minutes, by kind of receiver. */
export const undelivered = promql`sum by (integration) (
  increase(${notificationsFailed.where({ reason: not("contextCanceled") }).over(minutes(5))}))`;

/** Alerts that Prometheus could not hand to Alertmanager in the last 2 minutes. */
const window = minutes(2);
export const unsent = promql`sum(increase(${notificationErrors.over(window)})) + sum(increase(${notificationsDropped.over(window)}))`;
const unsentBefore = promql`sum(increase(${notificationErrors.over(window).offset(window)}))
  + sum(increase(${notificationsDropped.over(window).offset(window)}))`;

/** Seconds since each job last pushed. */
export const pushAge = promql`time() - max by (push_job) (${pushTime})`;

/** Times that Prometheus threw blocks away for want of space, in the last day. */
const cutsBySize = promql`increase(${sizeRetentions.over(days(1))})`;
/** Seconds that the oldest sample is old. */
export const historyAge = promql`(time() - ${oldestSample})`;

/** 1 while the planned window is open, by the window's own words. */
export const maintenance = promql`max by (what, why) (${maintenanceActive})`;

const target = (job: string, values: string) => series(up.where({ job, instance: `${job}:1` }), values);
const failures = (values: string) => series(ruleFailures.where({ rule_group: "rules.yml;api-5s" }), values);
const errors = (values: string) => [
  series(notificationErrors.where({ alertmanager: "am" }), values),
  series(notificationsDropped, "0x40"),
];
const failed = (reason: string, values: string) =>
  series(notificationsFailed.where({ integration: "webhook", reason }), values);
const planned = (values: string) =>
  series(maintenanceActive.where({ what: "database", why: "upgrade", job: "incidents" }), values);
const pushed = (secondsAgo: number) => series(pushTime.where({ push_job: "backup" }), `-${secondsAgo}x10`);
const cut = (values: string, oldestAge: number) => [
  series(sizeRetentions, values),
  series(oldestSample, `-${oldestAge}x20`),
];

export const monitoringAlerts: readonly Alert[] = [
  alert({
    name: "TargetDown",
    severity: "p3",
    service: "monitoring",
    expr: targetsDown,
    for: minutes(2),
    every,
    summary: "{{ $value }} of the targets of {{ $labels.job }} do not answer",
    description:
      "Their metrics are missing, so alerts and panels that read them are blind. Whether the service itself works is another question.",
    panel: panels.monitoring.targets,
    fires: [{ series: [target("pushgateway", "1x3 0x15"), target("redis", "1x20")], at: seconds(190) }],
    silent: [
      { series: [target("pushgateway", "1x20")], at: seconds(190) },
      { series: [target("pushgateway", "1x3 0x7 1x10")], at: seconds(190) },
      { series: [target("node", "0x20"), target("incidents", "0x20")], at: seconds(190) },
    ],
    drill: "pushgateway-down",
  }),
  alert({
    name: "ConfigReloadFailed",
    severity: "p3",
    service: "monitoring",
    expr: promql`${configurationLoaded} == 0`,
    for: minutes(1),
    every,
    summary: "{{ $labels.job }} refused its new configuration and runs with the old one",
    description:
      "It works on, but what was changed last is not in force, and it would not start again with these files.",
    panel: panels.monitoring.reloads,
    fires: [
      { series: [series(configReloaded.where({ job: "prometheus" }), "1x2 0x8")], at: seconds(105) },
      { series: [series(alertmanagerReloaded.where({ job: "alertmanager" }), "1x2 0x8")], at: seconds(105) },
    ],
    silent: [
      {
        series: [
          series(configReloaded.where({ job: "prometheus" }), "1x10"),
          series(alertmanagerReloaded.where({ job: "alertmanager" }), "1x2 0x2 1x6"),
        ],
        at: seconds(105),
      },
    ],
    drill: { none: "a wrong file is refused before it reaches the program (test/e2e/config.test.ts)" },
  }),
  alert({
    name: "RuleEvaluationFailing",
    severity: "p2",
    service: "monitoring",
    expr: promql`${ruleFailureCount} > 0`,
    for: seconds(0),
    every,
    summary: "Rules of {{ $labels.rule_group }} cannot be evaluated",
    description: "An alert that cannot be evaluated never fires. Prometheus' log names the rule and the reason.",
    panel: panels.monitoring.rules,
    fires: [{ series: [failures("0x4 1x10")], at: minutes(2) }],
    silent: [
      { series: [failures("0x20")], at: minutes(2) },
      { series: [failures("7x20")], at: minutes(2) },
    ],
    drill: { none: "promtool refuses rules that fail, so a drill would have to break Prometheus itself" },
  }),
  alert({
    name: "NotificationsFailing",
    severity: "p2",
    service: "monitoring",
    // Prometheus tries again within a minute, so only errors that go on count; Alertmanager has tried for long already
    // when it counts one.
    expr: promql`(${unsent} > 0 and ${unsentBefore} > 0) or ${undelivered} > 0`,
    for: seconds(0),
    every,
    summary: "Notifications do not arrive{{ with $labels.integration }} by {{ . }}{{ end }}",
    description:
      "Alerts fire, but some of those who should be told are not. Look at the status page of the incident recorder, which asks by itself.",
    panel: panels.monitoring.notifications,
    fires: [
      { series: errors("0x4 0+1x30"), at: minutes(6) },
      { series: [failed("serverError", "0x4 1x10")], at: minutes(2) },
    ],
    silent: [
      { series: errors("0x40"), at: minutes(6) },
      // Alertmanager was replaced: one batch was lost, and sent again.
      { series: errors("0x12 2x28"), at: minutes(4) },
      { series: errors("0x12 2x28"), at: minutes(6) },
      // Alertmanager was given a new configuration in the middle of a notification.
      { series: [failed("contextCanceled", "0x4 1x10")], at: minutes(2) },
    ],
    drill: "alertmanager-down",
  }),
  alert({
    name: "PushgatewayStale",
    severity: "p4",
    service: "monitoring",
    expr: promql`${pushAge} > ${thresholds.pushAge.seconds}`,
    for: seconds(0),
    every: minutes(1),
    summary: "The job {{ $labels.push_job }} has pushed nothing for {{ $value | humanizeDuration }}",
    description:
      "A job that reported before does not any more: it no longer runs, or cannot reach the Pushgateway. What is shown of it is old.",
    panel: panels.monitoring.pushes,
    fires: [{ series: [pushed(thresholds.pushAge.seconds - 59)], at: minutes(1) }],
    silent: [
      { series: [pushed(thresholds.pushAge.seconds - 60)], at: minutes(1) },
      { series: [target("pushgateway", "1x10")], at: minutes(1) },
    ],
    drill: { none: `it takes ${thresholds.pushAge.toPromql()} of silence` },
  }),
  alert({
    name: "RetentionCutShort",
    severity: "p4",
    service: "monitoring",
    expr: promql`${cutsBySize} > 0 and ${historyAge} < ${thresholds.history.seconds}`,
    for: seconds(0),
    every: minutes(1),
    summary: "Prometheus throws series away before their time, because its disk space is used up",
    description: `Error budgets look back 30 days and need ${thresholds.history.toPromql()} of series. Give Prometheus more space in settings, or collect less.`,
    panel: panels.monitoring.storage,
    fires: [{ series: cut("0x4 1x10", thresholds.history.seconds - 200), at: seconds(120) }],
    silent: [
      { series: cut("0x15", 3600), at: seconds(120) },
      { series: cut("0x4 1x10", thresholds.history.seconds), at: seconds(120) },
    ],
    drill: { none: "it takes weeks of series" },
  }),
  alert({
    name: heartbeatName,
    severity: "p4",
    service: "monitoring",
    expr: promql`vector(1)`,
    // A Prometheus that starts over and over does not live.
    for: seconds(10),
    summary: "Prometheus is alive",
    description:
      "It always fires. The incident recorder waits for it, and raises the alarm itself when it stops coming.",
    panel: panels.monitoring.heartbeat,
    fires: [{ series: [], at: seconds(10) }],
    silent: [{ series: [], at: seconds(5) }],
    drill: "prometheus-down",
  }),
  alert({
    name: maintenanceName,
    severity: "p4",
    service: "monitoring",
    expr: promql`${maintenance} == 1`,
    for: seconds(0),
    summary: "Planned maintenance of {{ $labels.what }}: {{ $labels.why }}",
    description:
      "The window of the setting `maintenance` is open: no other alert notifies but the heartbeat, and error budgets are not spent. It ends by itself.",
    panel: panels.monitoring.maintenance,
    fires: [{ series: [planned("0x1 1x8")], at: seconds(30) }],
    silent: [
      { series: [series(maintenanceActive, "0x10")], at: seconds(90) },
      { series: [planned("0x10")], at: seconds(90) },
      { series: [planned("1x4 0x6")], at: seconds(75) },
    ],
    drill: { none: "a window is opened by settings alone, and breaks nothing (test/e2e/monitoring.test.ts)" },
  }),
  alert({
    name: "IncidentRecorderDown",
    severity: "p2",
    service: "monitoring",
    expr: promql`${up.where({ job: "incidents" })} == 0`,
    for: minutes(1),
    every,
    summary: "The incident recorder does not answer",
    description:
      "Nobody watches the heartbeat of the monitoring, and when every replica is down nobody is told. Times of incidents are not recorded.",
    panel: panels.monitoring.targets,
    fires: [{ series: [target("incidents", "1x2 0x8")], at: seconds(105) }],
    silent: [
      { series: [target("incidents", "1x10")], at: seconds(105) },
      { series: [target("incidents", "1x2 0x2 1x8")], at: seconds(105) },
    ],
    drill: { none: "the recorder is one of a drill's witnesses" },
  }),
];
