/** A filter in the two languages: Kibana's (KQL) and Elasticsearch's. */
import type { Filter } from "./view";

export function toKql(filters: readonly Filter[]): string {
  return filters.map(kqlOf).join(" and ");
}

function kqlOf(filter: Filter): string {
  const { field } = filter;
  if ("from" in filter) return `${field} >= ${filter.from}`;
  if ("oneOf" in filter) return `${field} : (${filter.oneOf.map(quoted).join(" or ")})`;
  if ("startsWith" in filter) return `${field} : ${plainWord(filter.startsWith)}*`;
  return `${field} : *`;
}

export const toQuery = (filter: Filter): object => {
  const { field } = filter;
  if ("from" in filter) return { range: { [field]: { gte: filter.from } } };
  if ("oneOf" in filter) return { terms: { [field]: filter.oneOf } };
  if ("startsWith" in filter) return { prefix: { [field]: filter.startsWith } };
  return { exists: { field } };
};

const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`;

/** Within quotes a star would be a letter, so that nothing can be quoted here. */
function plainWord(text: string): string {
  if (!/^[a-z][a-z0-9_.-]*$/.test(text) || /^(and|or|not)$/.test(text)) throw new RangeError(`KQL: "${text}"`);
  return text;
}
