/** A stored line as a person reads it in a terminal. */
import type { LogFieldName } from "../../configs/logs/fields";

export type Document = Readonly<Record<string, unknown>>;

export interface Look {
  readonly colour: boolean;
  /** Minutes by which the clock on the wall is behind UTC (`Date.getTimezoneOffset`). @default this machine's */
  readonly zone?: (time: Date) => number;
}

/** Terminals' own colours (SGR), so that they fit to a dark and to a light one. */
const codes = { dim: 2, bold: 1, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
type Colour = keyof typeof codes;

const levelColours: Readonly<Record<string, Colour>> = {
  debug: "dim",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: "magenta",
};
/** No red and no yellow among them: those say that something is wrong. */
const serviceColours: readonly Colour[] = ["cyan", "blue", "magenta", "green"];

const paint = (look: Look, colour: Colour, text: string): string =>
  look.colour && text !== "" ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;

/** Time, service, level and what was said; what takes several lines is indented. Ends without a line break. */
export function formatLine(document: Document, look: Look): string {
  const field = (name: LogFieldName | "error.message"): string => textAt(document, name);
  const service = field("service") || "(not stored)";
  const level = field("level");
  const [said = "", ...more] = [what(document, look), field("error.stack")]
    .filter((text) => text !== "")
    .join("\n")
    .split("\n");
  const head = [
    paint(look, "dim", wallClock(field("@timestamp"), look)),
    paint(look, serviceColours[sum(service) % serviceColours.length] ?? "cyan", service.padEnd(12)),
    paint(look, levelColours[level] ?? "dim", level.toUpperCase().padEnd(5)),
  ];
  return [[...head, said].join(" ").trimEnd(), ...more.map((line) => `    ${line}`)].join("\n");
}

function what(document: Document, look: Look): string {
  const field = (name: LogFieldName | "error.message"): string => textAt(document, name);
  const request = requestIn(document, look);
  const message = field("message");
  // A request's own line says no more than its fields.
  const own = message === [field("method"), field("endpoint"), field("status")].join(" ") ? "" : message;
  const remarks = [
    field("parse_error") && `could not be read: ${field("parse_error")}`,
    field("truncated") === "true" && "its end was cut off",
    field("redacted") && `taken out: ${field("redacted")}`,
    field("clock_skew") && `its clock was off by ${field("clock_skew")} s`,
    field("error.message"),
  ].filter((remark) => remark !== "" && remark !== false);
  return [
    request,
    own,
    paint(look, "dim", field("details")),
    field("request_id") && paint(look, "dim", `[${field("request_id")}]`),
    remarks.length > 0 ? paint(look, "yellow", `(${remarks.join("; ")})`) : "",
  ]
    .filter((part) => part !== "")
    .join("  ");
}

function requestIn(document: Document, look: Look): string {
  const field = (name: LogFieldName): string => textAt(document, name);
  if (field("method") === "") return "";
  const status = field("status");
  const colour: Colour = status >= "5" ? "red" : status >= "4" ? "yellow" : "green";
  const termination = field("termination");
  return [
    paint(look, "bold", `${field("method")} ${field("endpoint")}`),
    paint(look, status.startsWith("-") ? "red" : colour, status),
    took(document.duration),
    field("server") && `→ ${field("server")}`,
    termination !== "" && termination !== "--" ? paint(look, "yellow", termination) : "",
    Number(field("retries")) > 0 ? paint(look, "yellow", `${field("retries")} retries`) : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** Seconds as "4 ms", "412 ms" or "2.31 s". */
function took(duration: unknown): string {
  if (typeof duration !== "number") return "";
  return duration < 1 ? `${Math.round(duration * 1000)} ms` : `${duration.toFixed(2)} s`;
}

/** "2026-11-25 09:10:15.123" by this machine's clock. */
function wallClock(text: string, { zone = (time) => time.getTimezoneOffset() }: Look): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text.padEnd(23);
  return new Date(time.getTime() - zone(time) * 60_000).toISOString().slice(0, 23).replace("T", " ");
}

/** A field's value as text that a terminal only shows; a path leads through objects. "" if there is none. */
function textAt(document: Document, path: string): string {
  const value =
    document[path] ??
    path
      .split(".")
      .reduce<unknown>(
        (at, key) => (typeof at === "object" && at !== null ? (at as Document)[key] : undefined),
        document,
      );
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return harmless(value.join(", "));
  return harmless(typeof value === "object" ? JSON.stringify(value) : String(value));
}

/**
 * What would make a terminal do something instead of showing something: control characters but for line break and tab,
 * and marks that turn the direction of writing around. Whoever can get a text into a log could otherwise fake lines.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const commands = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const harmless = (text: string): string =>
  text.replace(/\r\n/g, "\n").replace(commands, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The document as it is stored, in JSON: characters that a terminal would obey are escaped. */
export const formatJson = (document: Document): string =>
  JSON.stringify(document).replace(commands, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

const sum = (text: string): number => [...text].reduce((total, letter) => total + letter.charCodeAt(0), 0);
