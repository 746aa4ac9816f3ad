import type { Need } from "../../test/parts";
import { ensureDebianPackages } from "../setup/debian";
import { ensureEngine, useEngine } from "../setup/engine";
import { ensureImages } from "../setup/images";
import type { Log } from "../setup/progress";
import { ensurePulumi } from "../setup/pulumi";
import { findOnPath } from "../setup/run";
import { homeFolder } from "../stack/options";
import { findImageSource } from "../stack/prepare";

const provided = new Set<Need>();

/** Puts on the machine what a part of the tests needs, once, with its own progress. */
export async function provide(needs: readonly Need[], log: Log): Promise<void> {
  for (const need of needs.filter((n) => !provided.has(n))) {
    await providers[need](log);
    provided.add(need);
  }
}

const providers: Record<Need, (log: Log) => Promise<unknown>> = {
  "engine and images": async (log) => {
    useEngine(await ensureEngine(log));
    await ensureImages(await findImageSource(homeFolder(), log), log);
  },
  Pulumi: ensurePulumi,
  Chromium: async (log) => {
    if (!findOnPath("chromium")) await ensureDebianPackages(["chromium"], log);
  },
};
