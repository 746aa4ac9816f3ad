/** A log store in memory that answers the searches of `scripts/logs`: only what they use of Elasticsearch's language. */
import type { Answer, Hit, Search } from "../../scripts/logs/reader";

type Source = Readonly<Record<string, unknown>>;
interface Kept {
  readonly hit: Omit<Hit, "sort">;
  /** Whether a search finds it: Elasticsearch shows what it has taken a little later. */
  shown: boolean;
}

export class MemoryStore {
  readonly kept: Kept[] = [];
  /** Called before each search; what it throws is the search's end. */
  beforeSearch: () => void = () => {};
  searches = 0;

  /** Takes a document; it is not shown before `refresh`. */
  take(index: string, source: Source): Kept {
    const number = this.kept.filter((k) => k.hit._index === index).length;
    const kept = { hit: { _index: index, _seq_no: number, _source: source }, shown: false };
    this.kept.push(kept);
    return kept;
  }

  refresh(which: (kept: Kept) => boolean = () => true): void {
    for (const kept of this.kept) if (which(kept)) kept.shown = true;
  }

  readonly search: Search = async (_streams, body) => {
    this.searches += 1;
    this.beforeSearch();
    const { query = { bool: {} }, aggs, sort, size, search_after } = body as Body;
    const found = this.kept.filter((k) => k.shown && holds(query, k.hit)).map((k) => k.hit);
    if (sort === undefined) return grouped(found, aggs ?? {});
    const fields = sort.flatMap((entry) => Object.keys(entry));
    const sorted = found
      .map((hit) => ({ ...hit, sort: fields.map((field) => fieldOf(hit, field)) }))
      .sort((a, b) => compare(a.sort, b.sort));
    const rest = search_after ? sorted.filter((hit) => compare(hit.sort, search_after) > 0) : sorted;
    return { hits: { hits: rest.slice(0, size) } };
  };
}

interface Body {
  readonly query?: Query;
  readonly aggs?: Readonly<Record<string, { readonly terms: { readonly field: string } }>>;
  readonly sort?: readonly Readonly<Record<string, unknown>>[];
  readonly size: number;
  readonly search_after?: readonly unknown[];
}
interface Query {
  readonly bool?: Partial<Readonly<Record<"filter" | "should" | "must_not", readonly Query[]>>>;
  readonly term?: Readonly<Record<string, unknown>>;
  readonly terms?: Readonly<Record<string, readonly unknown[]>>;
  readonly range?: Readonly<Record<string, Readonly<Partial<Record<"gt" | "gte" | "lte", string | number>>>>>;
}

const fieldOf = (hit: Omit<Hit, "sort">, field: string): unknown =>
  field === "_index" || field === "_seq_no" ? hit[field] : hit._source[field];

function holds({ bool, term, terms, range, ...unknown }: Query, hit: Omit<Hit, "sort">): boolean {
  if (Object.keys(unknown).length > 0) throw new Error(`not simulated: ${JSON.stringify(unknown)}`);
  if (bool) {
    const { filter = [], should = [], must_not = [] } = bool;
    const inner = (query: Query): boolean => holds(query, hit);
    return filter.every(inner) && (should.length === 0 || should.some(inner)) && !must_not.some(inner);
  }
  for (const [field, value] of Object.entries(term ?? {})) if (fieldOf(hit, field) !== value) return false;
  for (const [field, values] of Object.entries(terms ?? {})) if (!values.includes(fieldOf(hit, field))) return false;
  for (const [field, { gt, gte, lte }] of Object.entries(range ?? {})) {
    const value = fieldOf(hit, field);
    if (value === undefined) return false;
    if (gt !== undefined && compare([value], [gt]) <= 0) return false;
    if (gte !== undefined && compare([value], [gte]) < 0) return false;
    if (lte !== undefined && compare([value], [lte]) > 0) return false;
  }
  return true;
}

function compare(a: readonly unknown[], b: readonly unknown[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (left === right) continue;
    return (left as string | number) < (right as string | number) ? -1 : 1;
  }
  return 0;
}

function grouped(found: readonly Omit<Hit, "sort">[], aggs: NonNullable<Body["aggs"]>): Answer {
  const [[name, { terms }] = ["", { terms: { field: "" } }]] = Object.entries(aggs);
  const groups = new Map<string, number>();
  for (const hit of found) {
    const key = String(fieldOf(hit, terms.field));
    groups.set(key, Math.max(groups.get(key) ?? -1, hit._seq_no));
  }
  const buckets = [...groups].map(([key, value]) => ({ key, last: { value } }));
  return { hits: { hits: [] }, aggregations: { [name]: { buckets } } };
}
