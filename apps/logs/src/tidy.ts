/** Carries out what retention decides, until nothing is left to do. */
import type { Desired } from "./desired";
import type { Logger } from "./logger";
import { type Action, type DeletionReason, decide, type StoreSample } from "./retention";
import { sampleStore } from "./sample";
import type { Store } from "./store";

export interface Tidied {
  readonly sample: StoreSample;
  /** What cannot be helped, in words. */
  readonly problems: readonly string[];
}

/** A new index and a deletion depend on each other; more rounds than these would be a mistake. */
const mostRounds = 5;
/** Elasticsearch looks at its disk at most once a second. Milliseconds. */
const diskPause = 1200;

/** @throws Trouble */
export async function tidy(
  store: Store,
  desired: Desired,
  tools: {
    readonly log: Logger;
    readonly now: () => number;
    readonly pause: (milliseconds: number) => Promise<void>;
    readonly deleted: (reason: DeletionReason) => void;
  },
): Promise<Tidied> {
  const names = desired.streams.map((stream) => stream.name);
  for (let round = 1; ; round++) {
    const sample = await sampleStore(store, names);
    const { actions, problems } = decide(sample, desired, tools.now());
    for (const action of actions) await act(action);
    if (actions.length === 0 || round === mostRounds) return { sample, problems };
    if (actions.some((action) => action.kind === "delete" && action.reason === "disk")) await tools.pause(diskPause);
  }

  async function act(action: Action): Promise<void> {
    if (action.kind === "delete") {
      const { index, reason } = action;
      await store.change("DELETE", `/${index.name}`);
      tools.deleted(reason);
      const { name, documents, bytes, created } = index;
      tools.log(reason === "disk" ? "warning" : "info", `backing index deleted: ${reasons[reason]}`, {
        index: name,
        reason,
        documents,
        bytes,
        begun: new Date(created).toISOString(),
      });
    } else if (action.kind === "rollover") {
      const { old_index: full } = await store.change("POST", `/${action.stream}/_rollover`);
      // Else its translog, a copy of its last lines, would stay for minutes.
      await store.change("POST", `/${String(full)}/_flush`);
      tools.log("info", "data stream rolled over", { stream: action.stream, reason: action.reason });
    } else {
      await store.change("PUT", `/${names.join(",")}/_settings`, { "index.blocks.read_only_allow_delete": null });
      tools.log("warning", "there is room on the disk again: lines are taken");
    }
  }
}

const reasons: Readonly<Record<DeletionReason, string>> = {
  age: "its lines are too old",
  size: "log lines take more disk than they may, and it was the oldest",
  disk: "the disk under Elasticsearch is full, and it was the oldest",
};
