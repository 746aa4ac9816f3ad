/** Whom Alertmanager tells besides the API and the incident recorder: a file of the user's, checked and read with the settings. */
import { load } from "js-yaml";
import { z } from "zod";
import { type Severity, severities } from "./alerts/alert";
import { projectName } from "./projectName";

/** One receiver, with its secrets as text. */
export type Receiver =
  /** Takes Alertmanager's payload, version 4. */
  | { readonly kind: "webhook"; readonly url: string; readonly secret: string | undefined }
  /** Slack, Mattermost, Rocket.Chat and others: the address is the secret. */
  | { readonly kind: "slack"; readonly secret: string }
  /** PagerDuty's Events API v2, or what speaks it. */
  | { readonly kind: "pagerduty"; readonly url: string | undefined; readonly secret: string }
  | {
      readonly kind: "email";
      readonly to: string;
      readonly from: string;
      readonly smarthost: string;
      readonly username: string | undefined;
      readonly secret: string | undefined;
      readonly requireTls: boolean;
    };
export type Receivers = Readonly<Record<Severity, readonly Receiver[]>>;

export const receiversAllowed =
  "the path of a YAML file, from the project's folder, that maps p1 to p4 to lists of webhook, slack, pagerduty or email; empty for none";

/** An address that stands in a file which everybody may read: nothing in it may be a secret, or a template. */
const address = (member: string) =>
  z.string(`${member} is missing: allowed is an http or https address`).refine((text) => {
    if (!URL.canParse(text) || text.includes("{{")) return false;
    const { protocol, username, password } = new URL(text);
    return /^https?:$/.test(protocol) && username + password === "";
  }, `${member} is wrong: allowed is an http or https address without a password in it`);
const file = (member: string) =>
  z
    .string(`${member} is missing: allowed is the path of a file that holds the secret`)
    .min(1, `${member} is empty: allowed is the path of a file that holds the secret`);
const matching = (member: string, pattern: RegExp, allowed: string) =>
  z.string(`${member} is missing: allowed is ${allowed}`).regex(pattern, `${member} is wrong: allowed is ${allowed}`);
const mailbox = (member: string, pattern: RegExp) => matching(member, pattern, "an e-mail address");

const entry = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("webhook"), url: address("url"), tokenFile: file("tokenFile").optional() }),
    z.strictObject({ kind: z.literal("slack"), urlFile: file("urlFile") }),
    z.strictObject({
      kind: z.literal("pagerduty"),
      routingKeyFile: file("routingKeyFile"),
      url: address("url").optional(),
    }),
    z.strictObject({
      kind: z.literal("email"),
      to: mailbox("to", /^[^\s@{},]+@[^\s@{},]+(, ?[^\s@{},]+@[^\s@{},]+)*$/),
      from: mailbox("from", /^[^\s@{},]+@[^\s@{},]+$/),
      smarthost: matching("smarthost", /^[A-Za-z0-9.-]+:\d{1,5}$/, "a host and its port, such as mail.example.org:587"),
      username: matching("username", /^[^\s{}]+$/, "a name").optional(),
      passwordFile: file("passwordFile").optional(),
      requireTls: z.boolean("requireTls is wrong: allowed is true or false").default(true),
    }),
  ],
  { error: "kind is unknown: allowed are webhook, slack, pagerduty and email" },
);
type Entry = z.output<typeof entry>;

const none: Receivers = { p1: [], p2: [], p3: [], p4: [] };

/**
 * Reads the file and every secret that it names.
 * @param path the setting; empty is none
 * @param problems gets what is wrong, by priority, index and member
 */
export function readReceivers(path: string, readFile: (path: string) => string, problems: string[]): Receivers {
  if (path === "") return none;
  const wrong = (text: string): void => void problems.push(`${projectName}:receivers is "${path}": ${text}`);
  let found: unknown;
  try {
    found = load(readFile(path));
  } catch (error) {
    wrong(`${reason(error)}: allowed is ${receiversAllowed}`);
    return none;
  }
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    wrong(`it maps nothing: allowed is ${receiversAllowed}`);
    return none;
  }
  const receivers: Record<Severity, readonly Receiver[]> = { ...none };
  for (const [key, list] of Object.entries(found as Record<string, unknown>)) {
    const severity = severities.find((known) => known === key);
    if (!severity) wrong(`${key} is no priority: allowed are ${severities.join(", ")}`);
    else if (!Array.isArray(list)) wrong(`${key} is no list: allowed is a list of receivers`);
    else
      receivers[severity] = list.flatMap((value: unknown, index) => {
        const say = (text: string): void => wrong(`${key}[${index}].${text}`);
        const result = entry.safeParse(value);
        if (result.success) return readSecret(result.data, readFile, say);
        for (const text of new Set(result.error.issues.map(inWords))) say(text);
        return [];
      });
  }
  return receivers;
}

const inWords = (issue: z.core.$ZodIssue): string =>
  issue.code === "unrecognized_keys" ? `${issue.keys.join(", ")} is unknown to this kind` : issue.message;
const reason = (error: unknown): string =>
  error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);

/** The receiver with its secret, or none if that cannot be had. */
function readSecret(found: Entry, readFile: (path: string) => string, say: (text: string) => void): Receiver[] {
  const read = (member: string, path: string): string | undefined => {
    try {
      const text = readFile(path).trim();
      if (text !== "") return text;
      say(`${member} is "${path}": the file is empty: allowed is a file that holds the secret`);
    } catch (error) {
      say(`${member} is "${path}": ${reason(error)}: allowed is a file that can be read`);
    }
    return undefined;
  };
  switch (found.kind) {
    case "webhook": {
      const secret = found.tokenFile === undefined ? undefined : read("tokenFile", found.tokenFile);
      return [{ kind: "webhook", url: found.url, secret }];
    }
    case "slack": {
      const secret = read("urlFile", found.urlFile);
      if (secret === undefined) return [];
      if (/^https?:\/\/\S+$/.test(secret) && URL.canParse(secret)) return [{ kind: "slack", secret }];
      say(`urlFile is "${found.urlFile}": allowed is a file that holds an http or https address`);
      return [];
    }
    case "pagerduty": {
      const secret = read("routingKeyFile", found.routingKeyFile);
      return secret === undefined ? [] : [{ kind: "pagerduty", url: found.url, secret }];
    }
    case "email": {
      const { to, from, smarthost, username, passwordFile, requireTls } = found;
      if ((username === undefined) !== (passwordFile === undefined))
        say(
          `${username === undefined ? "username" : "passwordFile"} is missing: allowed are both or neither of the two`,
        );
      const secret = passwordFile === undefined ? undefined : read("passwordFile", passwordFile);
      return [{ kind: "email", to, from, smarthost, username, secret, requireTls }];
    }
  }
}

/** Name of the file with a receiver's secret. */
export const secretName = (severity: Severity, index: number): string => `${severity}-${index}`;

/** Every secret, by the name of its file. */
export function receiverSecrets(receivers: Receivers): Record<string, string> {
  return Object.fromEntries(
    severities.flatMap((severity) =>
      receivers[severity].flatMap(({ secret }, index) =>
        secret === undefined ? [] : [[secretName(severity, index), secret] as const],
      ),
    ),
  );
}

/** What a chat shows of a notification; Alertmanager's own text is empty. */
const chatText =
  "{{ range .Alerts }}{{ .Annotations.summary }} ({{ .Status }}, runbook {{ .Annotations.runbook }})\n{{ end }}";

/**
 * A priority's receivers in Alertmanager's form (0.34).
 * @param at where Alertmanager sees the file of a secret
 */
export function renderReceivers(
  receivers: Receivers,
  severity: Severity,
  at: (name: string) => string,
): Readonly<Record<"webhook" | "slack" | "pagerduty" | "email", readonly object[]>> {
  const rendered = { webhook: [], slack: [], pagerduty: [], email: [] } as Record<Receiver["kind"], object[]>;
  for (const [index, receiver] of receivers[severity].entries())
    rendered[receiver.kind].push({ send_resolved: true, ...render(receiver, at(secretName(severity, index))) });
  return rendered;
}

function render(receiver: Receiver, secretFile: string): object {
  switch (receiver.kind) {
    case "webhook":
      return {
        url: receiver.url,
        ...(receiver.secret === undefined
          ? {}
          : { http_config: { authorization: { type: "Bearer", credentials_file: secretFile } } }),
      };
    case "slack":
      return { api_url_file: secretFile, text: chatText };
    case "pagerduty":
      return { routing_key_file: secretFile, ...(receiver.url === undefined ? {} : { url: receiver.url }) };
    case "email": {
      const { to, from, smarthost, username, secret, requireTls } = receiver;
      return {
        ...{ to, from, smarthost, require_tls: requireTls },
        ...(username === undefined ? {} : { auth_username: username }),
        ...(secret === undefined ? {} : { auth_password_file: secretFile }),
      };
    }
  }
}

/** Whether the incident recorder can tell it by itself. */
export const recorderKnows = ({ kind }: Receiver): boolean => kind === "webhook" || kind === "slack";

/** The receivers that the incident recorder can tell by itself, in the form of its RECEIVERS_FILE. */
export function recorderReceivers(receivers: Receivers, severity: Severity, at: (name: string) => string): object[] {
  return receivers[severity].flatMap((receiver, index): object[] => {
    const secretFile = at(secretName(severity, index));
    if (receiver.kind === "slack") return [{ kind: "slack", urlFile: secretFile }];
    if (receiver.kind !== "webhook") return [];
    const { kind, url, secret } = receiver;
    return [{ kind, url, ...(secret === undefined ? {} : { tokenFile: secretFile }) }];
  });
}
