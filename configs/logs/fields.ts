/**
 * Every field that a line of log has in the store, once: the index mapping is rendered from this list, the pipeline
 * (`logs/pipeline`) fills it, and searches and dashboards name its fields by `LogFieldName`.
 */

/** Types of Elasticsearch 9 that the list uses; each is in the server itself, none in a module of its own. */
export type FieldType = "date" | "date_nanos" | "keyword" | "text" | "double" | "short" | "ip" | "boolean";

export interface LogField<Name extends string = string> {
  readonly name: Name;
  readonly type: FieldType;
  /** What its value says, for whoever reads a document. */
  readonly what: string;
  readonly unit?: "seconds";
  /** Also kept whole, as `<name>.keyword`, so that equal texts can be counted; longer ones than this are not. */
  readonly exactUpTo?: number;
}

const field = <const Name extends string>(field: LogField<Name>): LogField<Name> => field;

/** Levels, from the least to the worst: every program's own words are told in these five. */
export const logLevels = ["debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Kinds of personal data that the pipeline takes out of a line. */
export const redactionKinds = ["email", "phone", "card", "nir", "name", "slow_log"] as const;
export type RedactionKind = (typeof redactionKinds)[number];

/** What was wrong with a line that is kept all the same. */
export const parseErrors = ["json", "encoding", "too_long"] as const;
export type ParseError = (typeof parseErrors)[number];

export const logFields = [
  // Where and when
  field({
    name: "@timestamp",
    type: "date",
    what: "When it happened: the line's own time if it is within five minutes of Docker's, else Docker's",
  }),
  field({ name: "collected", type: "date_nanos", what: "When Docker took the line; lines of a container sort by it" }),
  field({
    name: "clock_skew",
    type: "double",
    unit: "seconds",
    what: "The line's own time minus Docker's, where it was refused for that",
  }),
  field({ name: "stack", type: "keyword", what: "The stack that the container belongs to" }),
  field({ name: "service", type: "keyword", what: "Service as the stack names it: api2, haproxy, mysql …" }),
  field({ name: "container", type: "keyword", what: "First 12 characters of the container's id" }),
  field({ name: "role", type: "keyword", what: "service, loader or job" }),
  field({ name: "network", type: "keyword", what: "Networks of the container: medassist, monitoring" }),
  field({ name: "stream", type: "keyword", what: "stdout or stderr" }),

  // What was said
  field({ name: "message", type: "text", exactUpTo: 256, what: "The text; of a line in JSON its message" }),
  field({
    name: "details",
    type: "text",
    what: "The line's other keys as words, code=7 peer.host=redis, so that they are found",
  }),
  field({ name: "level", type: "keyword", what: "debug, info, warn, error or fatal" }),
  field({ name: "logger", type: "keyword", what: "Part of the program that wrote it" }),
  field({ name: "instance", type: "keyword", what: "Replica, as the program calls itself" }),
  field({ name: "error.type", type: "keyword", what: "Kind of the exception" }),
  field({ name: "error.stack", type: "text", what: "Where it came from, a line a frame" }),

  // A request: the same names in Nginx, HAProxy and the API
  field({ name: "request_id", type: "keyword", what: "The same in every line about one request" }),
  field({ name: "trace_id", type: "keyword", what: "The trace that the request belongs to" }),
  field({ name: "method", type: "keyword", what: "HTTP method" }),
  field({ name: "endpoint", type: "keyword", what: "Route without ids" }),
  field({ name: "status", type: "short", what: "HTTP status" }),
  field({ name: "duration", type: "double", unit: "seconds", what: "From the request's arrival to its answer" }),
  field({ name: "remote_addr", type: "ip", what: "Who asked" }),
  field({ name: "server", type: "keyword", what: "Replica that HAProxy sent it to" }),
  field({ name: "termination", type: "keyword", what: "How HAProxy's session ended: -- is well" }),
  field({ name: "retries", type: "short", what: "How often HAProxy tried again" }),

  // What was done to the line on its way
  field({ name: "redacted", type: "keyword", what: "Kinds of personal data that were taken out of it" }),
  field({ name: "parse_error", type: "keyword", what: "What was wrong with it: json, encoding or too_long" }),
  field({ name: "truncated", type: "boolean", what: "Whether its end was cut off" }),
  field({ name: "canary", type: "keyword", what: "Word by which the keeper finds its own test line" }),
] as const;

export type LogFieldName = (typeof logFields)[number]["name"];

/**
 * Keys that a line has beside these are kept under it and not indexed: a program's new key can then neither fill the
 * mapping nor contradict it. `details` has them as words.
 */
export const extraField = "extra";

/** A line that the store refused: what Filebeat writes instead of it. */
export const failedFields = [
  field({ name: "@timestamp", type: "date", what: "When the refused line happened" }),
  field({ name: "message", type: "text", what: "The refused document as JSON" }),
  field({ name: "error.type", type: "keyword", what: "HTTP status of the refusal" }),
  field({ name: "error.message", type: "text", what: "Elasticsearch's reason" }),
] as const;

export interface MappingNode {
  type?: FieldType;
  fields?: { keyword: { type: "keyword"; ignore_above: number } };
  properties?: Record<string, MappingNode>;
}

export interface Mapping {
  dynamic: false;
  properties: Record<string, MappingNode>;
}

/** The `mappings` of an index template: a field that is not in the list is kept in the document and not indexed. */
export function renderMapping(fields: readonly LogField[] = logFields): Mapping {
  const properties: Record<string, MappingNode> = {};
  for (const { name, type, exactUpTo } of fields) {
    const path = name.split(".");
    let level = properties;
    for (const part of path.slice(0, -1)) {
      const node: MappingNode = level[part] ?? {};
      node.properties ??= {};
      level[part] = node;
      level = node.properties;
    }
    level[path.at(-1) ?? name] = {
      type,
      ...(exactUpTo ? { fields: { keyword: { type: "keyword", ignore_above: exactUpTo } } } : {}),
    };
  }
  return { dynamic: false, properties };
}
