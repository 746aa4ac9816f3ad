/** What the lines of the last minutes say, by service. */
import type { Desired } from "./desired";
import type { Json, Store } from "./store";

/** Fields that are asked for; test/configs/elasticsearch.test.ts compares them with the list of all fields. */
export const askedFields = {
  time: "@timestamp",
  service: "service",
  level: "level",
  unread: "parse_error",
  redacted: "redacted",
  canary: "canary",
} as const;

/** What `recent` means. */
const recent = "now-5m";
/** How far back the last line of a service is looked for, once, after the start. */
const longAgo = "now-24h";
/** Milliseconds. */
const forgottenAfter = 86_400_000;

export interface ServiceLines {
  readonly service: string;
  /** Lines by level; `none` for those without one. */
  readonly levels: Readonly<Record<string, number>>;
  readonly unread: number;
  /** Lines with personal data that was taken out, by its kind. */
  readonly redacted: Readonly<Record<string, number>>;
  /** When the newest line was written, milliseconds since 1970. */
  readonly last: number;
}

export interface LinesSample {
  readonly services: readonly ServiceLines[];
  /** What the store refused, within the same time. */
  readonly failed: number;
}

/** @throws Trouble */
export async function sampleLines(store: Store, { reader, lines, failed }: Desired): Promise<LinesSample> {
  const since = { range: { [askedFields.time]: { gte: recent } } };
  const services = readServices(
    await store.search(reader, `/${lines}/_search`, {
      size: 0,
      track_total_hits: false,
      query: since,
      aggs: {
        services: {
          terms: { field: askedFields.service, size: 500 },
          aggs: {
            last: { max: { field: askedFields.time } },
            levels: { terms: { field: askedFields.level, missing: "none", size: 20 } },
            unread: { filter: { exists: { field: askedFields.unread } } },
            redacted: { terms: { field: askedFields.redacted, size: 20 } },
          },
        },
      },
    }),
  );
  const refused = await store.search(reader, `/${failed}/_count`, { query: since });
  return { services, failed: typeof refused.count === "number" ? refused.count : 0 };
}

/** When each service wrote its last line within a day, milliseconds since 1970. @throws Trouble */
export async function lastLines(store: Store, { reader, lines }: Desired): Promise<Map<string, number>> {
  const answer = await store.search(reader, `/${lines}/_search`, {
    size: 0,
    track_total_hits: false,
    query: { range: { [askedFields.time]: { gte: longAgo } } },
    aggs: {
      services: {
        terms: { field: askedFields.service, size: 500 },
        aggs: { last: { max: { field: askedFields.time } } },
      },
    },
  });
  return new Map(readServices(answer).map(({ service, last }) => [service, last]));
}

/** Takes in what is new; a clock that is ahead counts as now, and who was silent for a day is forgotten. */
export function remember(known: Map<string, number>, services: readonly ServiceLines[], now: number): void {
  for (const { service, last } of services) known.set(service, Math.min(Math.max(last, known.get(service) ?? 0), now));
  for (const [service, last] of known) if (now - last > forgottenAfter) known.delete(service);
}

interface Bucket {
  readonly key: unknown;
  readonly doc_count: number;
  readonly last?: { readonly value: number | null };
  readonly levels?: { readonly buckets: readonly Bucket[] };
  readonly unread?: { readonly doc_count: number };
  readonly redacted?: { readonly buckets: readonly Bucket[] };
}

function readServices(answer: Json): ServiceLines[] {
  const found = (answer.aggregations as { services?: { buckets?: unknown } } | undefined)?.services?.buckets;
  const counts = (buckets: readonly Bucket[] = []): Record<string, number> =>
    Object.fromEntries(buckets.map(({ key, doc_count }) => [String(key), doc_count]));
  return (Array.isArray(found) ? (found as Bucket[]) : []).map(({ key, last, levels, unread, redacted }) => ({
    service: String(key),
    levels: counts(levels?.buckets),
    unread: unread?.doc_count ?? 0,
    redacted: counts(redacted?.buckets),
    last: last?.value ?? 0,
  }));
}
