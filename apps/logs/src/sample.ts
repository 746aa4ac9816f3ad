/** What there is in the store, as its own figures say. */
import { backingIndices } from "./reconcile";
import type { BackingIndex, StoreSample, StreamSample } from "./retention";
import type { Json, Store } from "./store";
import { Trouble } from "./trouble";

/** A setting or figure of an index, by the path to it. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (typeof found === "object" && found !== null ? (found as Json)[key] : undefined),
    value,
  );
}

function number(value: unknown, what: string): number {
  const found = typeof value === "string" ? Number(value) : value;
  if (typeof found !== "number" || !Number.isFinite(found))
    throw new Trouble("refused", `Elasticsearch does not say ${what}`);
  return found;
}

/** @throws Trouble of the kind `missing` if one of the streams is not there */
export async function sampleStore(store: Store, names: readonly string[]): Promise<StoreSample> {
  const found = await Promise.all(names.map((name) => store.get(`/_data_stream/${name}`)));
  const all = names.join(",");
  const stats = await store.get(
    `/${all}/_stats/docs,store,translog?level=indices&filter_path=indices.*.total.docs.count,indices.*.total.*.size_in_bytes`,
  );
  const settings = await store.get(
    `/${all}/_settings?flat_settings=true&filter_path=*.settings.index*creation_date,*.settings.index*read_only_allow_delete`,
  );
  const index = (name: string): BackingIndex => {
    const total = at(stats, "indices", name, "total");
    const setting = (key: string): unknown => at(settings, name, "settings", key);
    return {
      name,
      created: number(setting("index.creation_date"), `when ${name} was made`),
      // An index without a place has no figures: it holds nothing that could be counted.
      documents: number(at(total, "docs", "count") ?? 0, `how many lines ${name} has`),
      bytes:
        number(at(total, "store", "size_in_bytes") ?? 0, `how large ${name} is`) +
        number(at(total, "translog", "size_in_bytes") ?? 0, `how large the translog of ${name} is`),
      blocked: setting("index.blocks.read_only_allow_delete") === "true",
    };
  };
  const streams = names.map(
    (name, position): StreamSample => ({ name, indices: backingIndices(found[position]).map(index) }),
  );
  return { streams, disk: await sampleDisk(store) };
}

async function sampleDisk(store: Store): Promise<StoreSample["disk"]> {
  const nodes = Object.values(
    ((await store.get("/_nodes/stats/fs?filter_path=nodes.*.fs.total")).nodes as Json | undefined) ?? {},
  );
  return {
    total: number(at(nodes[0], "fs", "total", "total_in_bytes"), "how large its disk is"),
    available: number(at(nodes[0], "fs", "total", "available_in_bytes"), "how much of its disk is free"),
  };
}
