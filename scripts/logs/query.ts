/** From a wish to the searches that Elasticsearch is asked. Pure functions: no search is sent from here. */
import { isIP } from "node:net";
import { type LogFieldName, logLevels } from "../../configs/logs/fields";
import { logStreams } from "../../configs/logs/streams";
import type { Wish } from "./options";

/** What is read, in which order. */
export interface Reading {
  /** Data streams, with commas between. */
  readonly streams: string;
  /** The field whose time bounds and orders it. */
  readonly time: LogFieldName;
  /** Conditions that all hold. */
  readonly filter: readonly object[];
}

/** The place up to which an index is read: `_seq_no`, by which an index counts what it takes. */
export type Marks = Readonly<Record<string, number>>;

/** @param now from when `since` is counted back */
export function readingOf(wish: Wish, now: Date): Reading {
  const time = wish.text === undefined ? "collected" : "@timestamp";
  const oldest = new Date(now.getTime() - wish.since.milliseconds).toISOString();
  const { services, status, request, level, text } = wish;
  return {
    // What was refused holds the text of a line too, so a search looks there as well.
    streams:
      text === undefined
        ? logStreams.logs.name
        : Object.values(logStreams)
            .map((s) => s.name)
            .join(","),
    time,
    filter: [
      { range: { [time]: { gte: oldest } } },
      ...(services.length > 0 ? [{ terms: { service: services } }] : []),
      ...(status ? [{ range: { status: { gte: status.from, lte: status.to } } }] : []),
      ...(request ? [{ term: { request_id: request } }] : []),
      ...(level ? [{ terms: { level: logLevels.slice(logLevels.indexOf(level)) } }] : []),
      ...(text ? [anyText(text)] : []),
    ],
  };
}

/** Texts that are split into words. `error.message` is that of a refused line. */
const texts = ["message", "details", "error.stack", "error.message"] as const;
/** Fields that are one value: people give the beginning of it. */
const values = [
  "request_id",
  "trace_id",
  "service",
  "container",
  "instance",
  "server",
  "logger",
  "endpoint",
  "error.type",
] as const satisfies readonly LogFieldName[];
/** More words than begin alike in any language; Elasticsearch would stop looking at 50. */
const mostExpansions = 10_000;

/**
 * Finds a text wherever it is: its words one after the other in a text, the last of which may be begun only; at the
 * beginning of a value; anywhere in a short message, so also in the middle of a word.
 */
function anyText(text: string): object {
  const anywhere = `*${text.replace(/[\\*?]/g, "\\$&")}*`;
  return {
    bool: {
      minimum_should_match: 1,
      should: [
        { multi_match: { query: text, type: "phrase_prefix", fields: texts, max_expansions: mostExpansions } },
        ...values.map((field) => ({ prefix: { [field]: { value: text, case_insensitive: true } } })),
        { wildcard: { "message.keyword": { value: anywhere, case_insensitive: true } } },
        ...(isIP(text) ? [{ term: { remote_addr: text } }] : []),
        ...(/^[1-5]\d\d$/.test(text) ? [{ term: { status: Number(text) } }] : []),
      ],
    },
  };
}

/** How far each index goes, of what is wanted and not read yet. The answer is for `marksIn`. */
export const marksQuery = ({ filter }: Reading, read: Marks): object => ({
  size: 0,
  track_total_hits: false,
  query: { bool: { filter, must_not: Object.entries(read).map(([index, mark]) => within(index, { lte: mark })) } },
  aggs: { index: { terms: { field: "_index", size: 10_000 }, aggs: { last: { max: { field: "_seq_no" } } } } },
});

/** Lines of a page; as many as are read and written in a blink. */
export const pageSize = 1000;

/**
 * One page of what lies after `read` and up to `upTo`: what comes meanwhile cannot get into the middle.
 * @param after `sort` of the last hit of the page before
 */
export const pageQuery = (reading: Reading, read: Marks, upTo: Marks, after?: readonly unknown[]): object => ({
  size: pageSize,
  track_total_hits: false,
  seq_no_primary_term: true,
  query: {
    bool: {
      filter: reading.filter,
      minimum_should_match: 1,
      should: Object.entries(upTo).map(([index, mark]) => within(index, { gt: read[index] ?? -1, lte: mark })),
    },
  },
  // Nanoseconds as text: as a number they would not fit into one of JavaScript's. The other two make the order total.
  sort: [
    { [reading.time]: { order: "asc", format: "strict_date_optional_time_nanos" } },
    { _seq_no: { order: "asc" } },
    { _index: { order: "asc" } },
  ],
  ...(after ? { search_after: after } : {}),
});

const within = (index: string, range: { readonly gt?: number; readonly lte: number }): object => ({
  bool: { filter: [{ term: { _index: index } }, { range: { _seq_no: range } }] },
});

/** The names of all services that have lines. */
export const servicesQuery: object = {
  size: 0,
  track_total_hits: false,
  aggs: { service: { terms: { field: "service", size: 1000, order: { _key: "asc" } } } },
};
