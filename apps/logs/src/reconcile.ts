/** Makes the store what it should be, and says what had to be done: on a store that is as it should be, nothing is. */
import { indexMatches, roleMatches, templateMatches, userMatches } from "./compare";
import type { Desired, Role, Stream, User } from "./desired";
import type { Json, Store } from "./store";
import { Trouble } from "./trouble";

export interface Outcome {
  /** What was made or repaired, in words. */
  readonly done: readonly string[];
  /** What is still not as it should be. */
  readonly problems: readonly string[];
}

/**
 * Users come last: while the streams are not there, the shipper is refused as a whole and tries again. Let in too early,
 * it would be refused line by line, and drop those.
 * @param hopeless indices that are not as they should be although they were just made: for them nothing is rolled over again
 * @throws Trouble that stops everything
 */
export async function reconcile(store: Store, desired: Desired, hopeless: Set<string>): Promise<Outcome> {
  const done: string[] = [];
  const problems: string[] = [];
  const step = async (run: () => Promise<readonly string[]>): Promise<void> => {
    try {
      done.push(...(await run()));
    } catch (error) {
      if (!(error instanceof Trouble) || error.stops) throw error;
      problems.push(error.message);
    }
  };
  await step(() => checkHealth(store));
  for (const stream of desired.streams)
    await step(async () => [...(await keepTemplate(store, stream)), ...(await keepStream(store, stream, hopeless))]);
  for (const [name, role] of Object.entries(desired.roles)) await step(() => keepRole(store, name, role));
  if (problems.length > 0) return { done, problems };
  for (const user of desired.users) await step(() => keepUser(store, user));
  for (const name of desired.builtInUsers) await step(() => keepBuiltIn(store, name));
  return { done, problems };
}

/** After a few failures, such as on a full disk, Elasticsearch does not try by itself any more to bring an index back. */
async function checkHealth(store: Store): Promise<readonly string[]> {
  const { status } = await store.get("/_cluster/health");
  if (status !== "red") return [];
  await store.change("POST", "/_cluster/reroute?retry_failed=true&metric=none");
  // Whether it helps is seen the next time.
  throw new Trouble("refused", "A part of the data is missing in Elasticsearch: its state is red");
}

async function keepTemplate(store: Store, { name, template }: Stream): Promise<readonly string[]> {
  const path = `/_index_template/${name}`;
  const found = (await store.find(path))?.index_templates;
  const current = Array.isArray(found)
    ? (found[0] as { index_template?: Json } | undefined)?.index_template
    : undefined;
  if (current && templateMatches(template, current)) return [];
  await store.change("PUT", path, template);
  return [`index template ${name} ${current ? "put right" : "made"}`];
}

/** A stream whose write index is not as its template says gets a new one: a mapping cannot be changed. */
async function keepStream(store: Store, { name, template }: Stream, hopeless: Set<string>): Promise<readonly string[]> {
  const index = writeIndex(await store.find(`/_data_stream/${name}`));
  if (index === undefined) {
    await store.change("PUT", `/_data_stream/${name}`);
    return [`data stream ${name} made`];
  }
  const isRight = async (of: string): Promise<boolean> => {
    const settings = (await store.get(`/${of}/_settings`))[of] as { settings?: unknown } | undefined;
    const mappings = (await store.get(`/${of}/_mapping`))[of] as { mappings?: unknown } | undefined;
    return indexMatches(template, settings?.settings, mappings?.mappings);
  };
  if (await isRight(index)) return [];
  const next = hopeless.has(index) ? index : String((await store.change("POST", `/${name}/_rollover`)).new_index);
  if (next !== index && (await isRight(next)))
    return [`data stream ${name} rolled over, since its template has changed`];
  hopeless.add(next);
  throw new Trouble("refused", `${next} is not as its template says, although it was made by it`);
}

/** Name of the index that a stream is written to. */
export function writeIndex(streams: Json | undefined): string | undefined {
  return backingIndices(streams).at(-1);
}

/** Names of a stream's indices, oldest first. */
export function backingIndices(streams: Json | undefined): string[] {
  const found = streams?.data_streams;
  const stream = Array.isArray(found) ? (found[0] as { indices?: unknown } | undefined) : undefined;
  if (!Array.isArray(stream?.indices)) return [];
  return stream.indices.map((entry: { index_name?: unknown } | null) => String(entry?.index_name));
}

async function keepRole(store: Store, name: string, role: Role): Promise<readonly string[]> {
  const path = `/_security/role/${name}`;
  const current = (await store.find(path))?.[name] as Json | undefined;
  if (current && roleMatches(role, current)) return [];
  await store.change("PUT", path, role);
  return [`role ${name} ${current ? "put right" : "made"}`];
}

async function keepUser(store: Store, user: User): Promise<readonly string[]> {
  const path = `/_security/user/${user.name}`;
  const current = (await store.find(path))?.[user.name] as Json | undefined;
  if (current && userMatches(user, current)) {
    if (await store.accepts(user.name)) return [];
    await setPassword(store, user.name);
    return [`password of ${user.name} set`];
  }
  await store.change("PUT", path, {
    roles: user.roles,
    full_name: user.what,
    enabled: true,
    password: store.passwordOf(user.name),
  });
  return [`user ${user.name} ${current ? "put right" : "made"}`];
}

async function keepBuiltIn(store: Store, name: string): Promise<readonly string[]> {
  const done: string[] = [];
  const current = (await store.get(`/_security/user/${name}`))[name] as Json | undefined;
  if (current?.enabled !== true) {
    await store.change("PUT", `/_security/user/${name}/_enable`);
    done.push(`user ${name} enabled`);
  }
  if (!(await store.accepts(name))) {
    await setPassword(store, name);
    done.push(`password of ${name} set`);
  }
  return done;
}

async function setPassword(store: Store, name: string): Promise<void> {
  await store.change("PUT", `/_security/user/${name}/_password`, { password: store.passwordOf(name) });
}
