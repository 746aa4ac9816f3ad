/**
 * Whether what Elasticsearch has is what it should have. It tells things back in other spellings than it was told them:
 * numbers and booleans as texts, settings nested, lists in another order, and members that were never given.
 */
import type { Role, Template, User } from "./desired";
import type { Json } from "./store";

const asObject = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const sorted = (values: unknown): string[] => asList(values).map(String).sort();
const same = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);
const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);

/** One text for all spellings of a value; lists keep their order. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
      .sort()
      .join(",")}}`;
  return JSON.stringify(String(value));
}

export function roleMatches(desired: Role, actual: Json): boolean {
  const indices = (entries: unknown): string[] =>
    asList(entries)
      .map((entry) => {
        const { names, privileges, allow_restricted_indices: restricted, ...more } = asObject(entry);
        // What is left, such as a query, narrows or widens the rights: it is not wanted.
        return canonical([sorted(names), sorted(privileges), restricted ?? false, isEmpty(more) ? "" : more]);
      })
      .sort();
  const applications = (entries: unknown): string[] =>
    asList(entries)
      .map((entry) => {
        const { application, privileges, resources } = asObject(entry);
        return canonical([application, sorted(privileges), sorted(resources)]);
      })
      .sort();
  return (
    same(sorted(desired.cluster), sorted(actual.cluster)) &&
    same(indices(desired.indices), indices(actual.indices)) &&
    same(applications(desired.applications), applications(actual.applications)) &&
    [actual.run_as, actual.global, actual.remote_indices, actual.remote_cluster].every(isEmpty)
  );
}

export function userMatches(desired: User, actual: Json): boolean {
  return same(sorted(desired.roles), sorted(actual.roles)) && actual.enabled === true;
}

export function templateMatches(desired: Template, actual: Json): boolean {
  const { settings, mappings, aliases, lifecycle } = asObject(actual.template);
  return (
    same(sorted(desired.index_patterns), sorted(actual.index_patterns)) &&
    same(desired.priority, actual.priority) &&
    typeof actual.data_stream === "object" &&
    isEmpty(actual.composed_of) &&
    isEmpty(aliases) &&
    isEmpty(lifecycle) &&
    same(flatten(desired.template.settings), flatten(settings)) &&
    same(desired.template.mappings, mappings)
  );
}

/** Whether an index is as the template would make it today; it has more settings and fields than the template says. */
export function indexMatches(desired: Template, settings: unknown, mappings: unknown): boolean {
  return (
    includes(flatten(settings), flatten(desired.template.settings)) && includes(mappings, desired.template.mappings)
  );
}

/** Settings by their whole name, as texts. */
export function flatten(settings: unknown, prefix = ""): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(asObject(settings)).flatMap(([key, value]): [string, string][] => {
      const name = prefix === "" ? key : `${prefix}.${key}`;
      if (typeof value === "object" && value !== null && !Array.isArray(value))
        return Object.entries(flatten(value, name));
      return [[name, canonical(value)]];
    }),
  );
}

/** Whether everything of `part` is in `whole`, with the same value. */
export function includes(whole: unknown, part: unknown): boolean {
  if (typeof part !== "object" || part === null || Array.isArray(part)) return same(whole, part);
  return Object.entries(part).every(([key, value]) => includes(asObject(whole)[key], value));
}
