/** Alertmanager's configuration file: who is told of what, how soon, and what is left out because something worse says it. */
import { type Severity, severities } from "./alerts/alert";
import { heartbeatName, maintenanceName } from "./alerts/heartbeat";
import { type Receivers, renderReceivers } from "./receivers";
import { yaml } from "./rules";
import { type Duration, hours, minutes, seconds } from "./units";

/** Where a notification goes. */
export interface WebhookReceiver {
  readonly url: string;
  /** File with the bearer token, as Alertmanager sees it. */
  readonly tokenFile: string;
}

export interface AlertmanagerInput {
  /** The API's webhook: any living replica takes it. */
  readonly api: WebhookReceiver;
  /** The incident recorder: it gets everything, also when every replica is down. */
  readonly recorder: WebhookReceiver;
  /** Who else is told, by priority. */
  readonly others: Receivers;
  /** Where Alertmanager sees the file of a secret. */
  readonly secretFile: (name: string) => string;
}

/** How soon the first, the next and the same notification again leave. P1 at once; P4 in one bundle. */
const pace: Readonly<Record<Severity, { first: Duration; next: Duration; again: Duration }>> = {
  p1: { first: seconds(0), next: seconds(5), again: minutes(30) },
  p2: { first: seconds(0), next: seconds(10), again: hours(2) },
  p3: { first: seconds(10), next: minutes(1), again: hours(8) },
  p4: { first: minutes(1), next: minutes(10), again: hours(24) },
};

/** The heartbeat's own pace. */
export const heartbeatInterval = seconds(30);
/** Without a heartbeat for this long, the monitoring is silent: one or two are lost whenever Alertmanager is replaced. */
export const heartbeatLimit = heartbeatInterval.times(4);

export const receiverOf = (severity: Severity): string => `team-${severity}`;
export const recorderReceiver = "incident-recorder";

/** Alerts that say the same as, or follow from, a worse one: those of the target are left out while the source fires. */
export const inhibitions: readonly {
  readonly source: readonly string[];
  readonly target: readonly string[];
  readonly equal: readonly string[];
}[] = [
  {
    // Whatever happens meanwhile was planned. Only the recorder's MonitoringSilent, which does not pass here, is still told.
    source: [`alertname="${maintenanceName}"`],
    target: [`alertname!~"${maintenanceName}|${heartbeatName}"`],
    equal: ["stack"],
  },
  {
    source: ['alertname="AllApiDown"'],
    target: [
      // Without replicas the API's own webhook takes no notification either.
      'alertname=~"ApiInstanceDown|HaproxyBackendDegraded|HaproxyServerErrors|ApiErrorRateHigh|NotificationsFailing"',
    ],
    equal: ["stack"],
  },
  {
    source: ['alertname="HaproxyDown"'],
    target: ['alertname=~"AllApiDown|ApiInstanceDown|HaproxyBackendDegraded|NotificationsFailing"'],
    equal: ["stack"],
  },
  {
    source: ['alertname="MysqlDown"'],
    target: ['alertname=~"ApiErrorRateHigh|ApiLatencyHigh|MysqlConnectionsNearLimit|MysqlSlowQueries|.*BudgetBurn.*"'],
    equal: ["stack"],
  },
  { source: ['alertname="NodeDown"'], target: ['service="containers"'], equal: ["stack"] },
  {
    source: ['severity="p1"'],
    target: ['severity=~"p3|p4"', `alertname!="${heartbeatName}"`],
    equal: ["stack", "service"],
  },
];

/** The text of alertmanager.yml. */
export function renderAlertmanager({ api, recorder, others, secretFile }: AlertmanagerInput): string {
  const webhook = ({ url, tokenFile }: WebhookReceiver) => ({
    url,
    send_resolved: true,
    http_config: { authorization: { type: "Bearer", credentials_file: tokenFile } },
  });
  const paced = ({ first, next, again }: (typeof pace)[Severity]) => ({
    group_wait: first.toPromql(),
    group_interval: next.toPromql(),
    repeat_interval: again.toPromql(),
  });
  const severity = (s: Severity) => [`severity="${s}"`];
  return yaml({
    route: {
      receiver: recorderReceiver,
      // Each alert by itself, but for p4: a second alert of a group would wait for the group's interval.
      group_by: ["..."],
      ...paced(pace.p1),
      routes: [
        {
          receiver: recorderReceiver,
          matchers: [`alertname="${heartbeatName}"`],
          group_interval: heartbeatInterval.toPromql(),
          repeat_interval: heartbeatInterval.toPromql(),
        },
        ...severities.map((s) => ({
          receiver: recorderReceiver,
          matchers: severity(s),
          ...paced(pace[s]),
          continue: true,
          group_wait: "0s",
        })),
        ...severities.map((s) => ({
          receiver: receiverOf(s),
          matchers: severity(s),
          ...(s === "p4" ? { group_by: ["severity"] } : {}),
          ...paced(pace[s]),
        })),
      ],
    },
    receivers: [
      { name: recorderReceiver, webhook_configs: [webhook(recorder)] },
      ...severities.map((s) => {
        const more = renderReceivers(others, s, secretFile);
        return {
          name: receiverOf(s),
          webhook_configs: [webhook(api), ...more.webhook],
          ...(more.slack.length > 0 ? { slack_configs: more.slack } : {}),
          ...(more.pagerduty.length > 0 ? { pagerduty_configs: more.pagerduty } : {}),
          ...(more.email.length > 0 ? { email_configs: more.email } : {}),
        };
      }),
    ],
    inhibit_rules: inhibitions.map(({ source, target, equal }) => ({
      source_matchers: source,
      target_matchers: target,
      equal,
    })),
  });
}
