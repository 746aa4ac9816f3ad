/** Shows lines until there are no more, or until somebody has seen enough. */
import { setTimeout as sleep } from "node:timers/promises";
import { logStreams } from "../../configs/logs/streams";
import { type Duration, seconds } from "../../configs/units";
import { describeError, SetupError } from "../setup/errors";
import { formatJson, formatLine, type Look } from "./line";
import type { LogsCommand, Wish } from "./options";
import { readingOf, servicesQuery } from "./query";
import { LogReader } from "./reader";
import { type LogStore, NotKnown, StoreAway } from "./store";

/** Where lines and remarks go. */
export interface Screen {
  readonly look: Look;
  /** True once nobody reads any more, or Ctrl-C was pressed. */
  readonly done: AbortSignal;
  /** Resolves when there is room for more. */
  write(text: string): Promise<void>;
  /** For the person, beside the lines. */
  remark(text: string): void;
}

/** Elasticsearch shows new lines once a second. */
const everySoOften: Duration = seconds(1);

/** Once it was known, a reader is refused so many times in a row before that is believed. */
const mostRefusals = 30;

/** @throws SetupError if the store cannot be read; while following it is waited for */
export async function show(command: LogsCommand, store: LogStore, screen: Screen): Promise<void> {
  const { wish, follow } = command;
  await checkServices(wish, store);
  const reader = new LogReader(store.search, readingOf(wish, new Date()));
  let shown = await drain(reader, command, screen);
  if (!follow) {
    if (shown === 0 && !screen.done.aborted) screen.remark(`no line of the last ${wish.since.toPromql()} is like that`);
    return;
  }
  let away = false;
  let refusals = 0;
  while (!screen.done.aborted) {
    await sleep(everySoOften.milliseconds, undefined, { signal: screen.done }).catch(() => {});
    if (screen.done.aborted) return;
    try {
      shown += await drain(reader, command, screen);
      if (away) screen.remark("Elasticsearch answers again");
      away = false;
      refusals = 0;
    } catch (error) {
      refusals = error instanceof NotKnown ? refusals + 1 : 0;
      const passing = error instanceof StoreAway || (refusals > 0 && refusals <= mostRefusals);
      if (!passing) throw error;
      if (!away) screen.remark(`${describeError(error)}\n  It is asked again every second; nothing is left out.`);
      away = true;
    }
  }
}

/** Writes all that is there. @returns how many lines */
async function drain(reader: LogReader, { json }: LogsCommand, screen: Screen): Promise<number> {
  let lines = 0;
  for await (const hits of reader.pages()) {
    if (screen.done.aborted) return lines;
    const texts = hits.map(({ _source }) => (json ? formatJson(_source) : formatLine(_source, screen.look)));
    lines += texts.length;
    if (texts.length > 0) await screen.write(`${texts.join("\n")}\n`);
    if (screen.done.aborted) return lines;
  }
  return lines;
}

/** A name that was misspelt would else look like silence. */
async function checkServices({ services }: Wish, store: LogStore): Promise<void> {
  if (services.length === 0) return;
  const { aggregations } = await store.search(logStreams.logs.name, servicesQuery);
  const known = aggregations?.service?.buckets.map(({ key }) => key) ?? [];
  const unknown = services.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const sorted = [...known].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  throw new SetupError(
    `no line of ${unknown.map((name) => `"${name}"`).join(" and ")} was ever stored. There are lines of: ${sorted.join(", ") || "nobody"}`,
  );
}
