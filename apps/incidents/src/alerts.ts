/** What is told about alerts, by notification (Alertmanager's webhook, version 4) or when Alertmanager is asked (API v2). */
import { malformed } from "./problem";
import { isSeverity, type Severity, unknownSeverity } from "./severity";

/** The only labels that are kept: nothing else an alert may carry reaches the volume, the log or the page. */
export const keptLabels = ["alertname", "severity", "service", "instance", "server", "stack", "job"] as const;
export type Labels = Readonly<Partial<Record<(typeof keptLabels)[number], string>>>;

/** What an alert is, whatever happens to it. */
export interface AlertFacts {
  /** Alertmanager's hash of all its labels: which alert it is. */
  readonly fingerprint: string;
  readonly name: string;
  readonly severity: Severity;
  readonly service: string;
  readonly labels: Labels;
  readonly summary: string;
  /** Name of its page, or its http(s) address. */
  readonly runbook: string | null;
  /** When the rule began to fire, milliseconds since 1970. */
  readonly startsAt: number;
}

/** One alert of a notification. */
export interface Notice extends AlertFacts {
  readonly status: "firing" | "resolved";
  /** Milliseconds since 1970; null while it fires. */
  readonly endsAt: number | null;
}

export type Suppression = "inhibited" | "silenced";

/** One alert that Alertmanager has at the moment. */
export interface PolledAlert extends AlertFacts {
  /** Why nobody is notified of it; null if somebody is. */
  readonly suppressed: Suppression | null;
}

const textLimit = 300;
const earliest = Date.parse("2000-01-01T00:00:00Z");
const latest = Date.parse("2100-01-01T00:00:00Z");

/**
 * The alerts of a webhook's payload; members that are not used here may be anything.
 * @throws Problem 400 naming the member at fault
 */
export function parseNotification(body: unknown): Notice[] {
  const payload = object(body, "body");
  if (payload.version !== "4") throw malformed("version", 'Must be "4".');
  const alerts = payload.alerts;
  if (!Array.isArray(alerts) || alerts.length === 0) throw malformed("alerts", "Must be a list of at least one alert.");
  return alerts.map((entry: unknown, index) => {
    const place = `alerts[${index}]`;
    const alert = object(entry, place);
    const status = alert.status;
    if (status !== "firing" && status !== "resolved") throw malformed(`${place}.status`, "Must be firing or resolved.");
    const facts = parseFacts(alert, place);
    if (status === "firing") return { ...facts, status, endsAt: null };
    return { ...facts, status, endsAt: Math.max(facts.startsAt, moment(alert.endsAt, `${place}.endsAt`)) };
  });
}

/**
 * The alerts of `GET /api/v2/alerts`.
 * @throws Problem naming the member that is not as Alertmanager documents it
 */
export function parsePolled(body: unknown): PolledAlert[] {
  if (!Array.isArray(body)) throw malformed("body", "Must be a list.");
  return body.map((entry: unknown, index) => {
    const place = `[${index}]`;
    const alert = object(entry, place);
    const status = object(alert.status, `${place}.status`);
    const silenced = isFilled(status.silencedBy);
    // `mutedBy` are time intervals of a route; to a reader that is the same as a silence.
    const suppressed = status.state === "suppressed" || isFilled(status.mutedBy);
    return {
      ...parseFacts(alert, place),
      suppressed: !suppressed ? null : silenced || !isFilled(status.inhibitedBy) ? "silenced" : "inhibited",
    };
  });
}

function parseFacts(alert: Readonly<Record<string, unknown>>, place: string): AlertFacts {
  const labels = texts(alert.labels, `${place}.labels`);
  const annotations = texts(alert.annotations ?? {}, `${place}.annotations`);
  const name = labels.alertname ?? "";
  if (!/^[A-Za-z_][A-Za-z0-9_:.-]{0,99}$/.test(name))
    throw malformed(`${place}.labels.alertname`, "Must be the name of an alert.");
  const fingerprint = alert.fingerprint;
  if (typeof fingerprint !== "string" || !/^[A-Za-z0-9]{1,64}$/.test(fingerprint))
    throw malformed(`${place}.fingerprint`, "Must be up to 64 letters and digits.");
  const kept: Partial<Record<(typeof keptLabels)[number], string>> = {};
  for (const label of keptLabels) {
    const value = labels[label];
    if (value) kept[label] = cut(value);
  }
  return {
    fingerprint,
    name,
    // An alert without a known severity is kept: Alertmanager does not repeat what was refused.
    severity: isSeverity(labels.severity) ? labels.severity : unknownSeverity,
    service: kept.service ?? "unknown",
    labels: kept,
    summary: cut(annotations.summary ?? ""),
    runbook: cut(annotations.runbook_url || annotations.runbook || labels.runbook || "") || null,
    startsAt: moment(alert.startsAt, `${place}.startsAt`),
  };
}

function object(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(field, "Must be an object.");
  return value as Record<string, unknown>;
}

function texts(value: unknown, field: string): Readonly<Record<string, string>> {
  const found = object(value, field);
  for (const text of Object.values(found))
    if (typeof text !== "string") throw malformed(field, "Must be an object of strings.");
  return Object.assign(Object.create(null), found) as Record<string, string>;
}

function moment(value: unknown, field: string): number {
  const time =
    typeof value === "string" && /^\d{4}-\d\d-\d\dT[0-9:.]{5,18}(Z|[+-]\d\d:\d\d)$/.test(value)
      ? Date.parse(value)
      : Number.NaN;
  if (!(time >= earliest && time <= latest))
    throw malformed(field, "Must be an RFC 3339 moment between 2000 and 2100.");
  return time;
}

const isFilled = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

/** Shortened by code points: half a surrogate pair would not survive the journal. */
function cut(text: string): string {
  const sound = text.replace(/\p{Surrogate}/gu, "\uFFFD");
  return sound.length <= textLimit
    ? sound
    : `${Array.from(sound)
        .slice(0, textLimit - 1)
        .join("")}…`;
}
