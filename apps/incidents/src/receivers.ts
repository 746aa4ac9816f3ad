/** Whom the recorder tells by itself when the monitoring is silent. */
import type { Outgoing } from "./outgoing";
import type { AlertRecord } from "./state";

/** Another kind is one more member here, one case in `parseReceiver` and one in `announcement`. */
export type Receiver =
  /** Takes Alertmanager's payload, version 4. */
  | { readonly kind: "webhook"; readonly url: string; readonly token: string | undefined }
  /** Takes `{"text": …}`: Slack, Mattermost, Rocket.Chat and others. The address is the secret. */
  | { readonly kind: "slack"; readonly url: string };

/** Reads a secret file; throws an Error with a reason that quotes nothing of it. */
export type ReadSecret = (path: string) => string;

/**
 * The receivers of RECEIVERS_FILE: `[{"kind": "webhook", "url": …, "tokenFile"?: …}, {"kind": "slack", "urlFile": …}]`.
 * @throws Error naming the entry and member at fault
 */
export function parseReceivers(text: string, readSecret: ReadSecret): Receiver[] {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error("must be JSON");
  }
  if (!Array.isArray(found)) throw new Error("must be a list");
  return found.map((entry: unknown, index) => {
    try {
      return parseReceiver(entry, readSecret);
    } catch (error) {
      throw new Error(`[${index}]${error instanceof Error ? error.message : ""}`);
    }
  });
}

function parseReceiver(entry: unknown, readSecret: ReadSecret): Receiver {
  if (typeof entry !== "object" || entry === null) throw new Error(" must be an object");
  const { kind, url, tokenFile, urlFile } = entry as Readonly<Record<string, unknown>>;
  if (kind === "webhook") {
    if (!isHttpUrl(url)) throw new Error(".url must be an http or https address");
    return { kind, url, token: tokenFile === undefined ? undefined : secret("tokenFile", tokenFile, readSecret) };
  }
  if (kind === "slack") {
    const address = secret("urlFile", urlFile, readSecret);
    if (!isHttpUrl(address)) throw new Error(".urlFile must hold an http or https address");
    return { kind, url: address };
  }
  throw new Error(".kind must be webhook or slack");
}

function secret(member: string, path: unknown, readSecret: ReadSecret): string {
  if (typeof path !== "string" || path === "") throw new Error(`.${member} must be the path of a file`);
  try {
    return readSecret(path);
  } catch (error) {
    throw new Error(`.${member}: ${error instanceof Error ? error.message : "cannot be read"}`);
  }
}

export function isHttpUrl(value: unknown): value is string {
  return typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** The request that tells a receiver of an alert that the recorder made itself. */
export function announcement(receiver: Receiver, alert: AlertRecord, stack: string): Outgoing {
  switch (receiver.kind) {
    case "webhook":
      return {
        method: "POST",
        url: receiver.url,
        headers: {
          "content-type": "application/json",
          ...(receiver.token === undefined ? {} : { authorization: `Bearer ${receiver.token}` }),
        },
        body: JSON.stringify(webhookPayload(alert, stack)),
      };
    case "slack":
      return {
        method: "POST",
        url: receiver.url,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text: slackText(alert, stack) }),
      };
  }
}

/** As Alertmanager sends it (its documentation, webhook_config). */
function webhookPayload(alert: AlertRecord, stack: string): object {
  const status = alert.resolved === null ? "firing" : "resolved";
  const annotations = { summary: alert.summary, ...(alert.runbook ? { runbook: alert.runbook } : {}) };
  return {
    version: "4",
    groupKey: `{}:{alertname="${alert.name}", stack="${stack}"}`,
    truncatedAlerts: 0,
    status,
    receiver: "incidents",
    groupLabels: { alertname: alert.name },
    commonLabels: alert.labels,
    commonAnnotations: annotations,
    externalURL: "",
    alerts: [
      {
        status,
        labels: alert.labels,
        annotations,
        startsAt: new Date(alert.startsAt).toISOString(),
        endsAt: alert.resolved === null ? "0001-01-01T00:00:00Z" : new Date(alert.resolved).toISOString(),
        generatorURL: "",
        fingerprint: alert.fingerprint,
      },
    ],
  };
}

function slackText(alert: AlertRecord, stack: string): string {
  const head = `[${alert.resolved === null ? alert.severity.toUpperCase() : "RESOLVED"}] ${alert.name} (${stack})`;
  return `${head}\n${alert.summary}${alert.runbook ? `\nRunbook: ${alert.runbook}` : ""}`;
}
