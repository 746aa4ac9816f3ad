/** Says what is wrong once, and not at every attempt: again only when it is something else, or has lasted for long. */
import type { Logger, LogLevel } from "./logger";

/** Milliseconds. */
const repeatAfter = 600_000;

interface Notice {
  /** The sentence without its figures, which change from one attempt to the next. */
  readonly gist: string;
  readonly since: number;
  readonly told: number;
}

export class Notices {
  private readonly current = new Map<string, Notice>();

  constructor(
    private readonly log: Logger,
    private readonly now: () => number,
  ) {}

  /** @param topic what it is about: a new sentence about it takes the place of the old one */
  tell(topic: string, level: LogLevel, sentence: string): void {
    const gist = sentence.replaceAll(/\d+/g, "0");
    const known = this.current.get(topic);
    const now = this.now();
    if (known?.gist === gist && now - known.told < repeatAfter) return;
    const since = known?.since ?? now;
    this.current.set(topic, { gist, since, told: now });
    this.log(level, sentence, since < now ? { seconds: Math.round((now - since) / 1000) } : {});
  }

  /** It is over; `sentence` is said if something had been wrong. */
  over(topic: string, sentence?: string): void {
    const known = this.current.get(topic);
    if (!known) return;
    this.current.delete(topic);
    if (sentence) this.log("info", sentence, { seconds: Math.round((this.now() - known.since) / 1000) });
  }
}
