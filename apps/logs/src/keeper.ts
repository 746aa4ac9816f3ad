/** Holds it together: what is done when, and what is known of the whole. Nothing here reads the environment or a timer. */
import { Canary } from "./canary";
import { type LinesSample, lastLines, remember, sampleLines } from "./lines";
import { errorKind, type Logger } from "./logger";
import { Counter } from "./metrics";
import { Notices } from "./notices";
import type { Send } from "./outgoing";
import { reconcile } from "./reconcile";
import { type DeletionReason, deletionReasons, type StoreSample } from "./retention";
import type { Settings } from "./settings";
import { askShipper, type ShipperFigures } from "./shipper";
import { Store } from "./store";
import { renderFigures } from "./telemetry";
import { tidy } from "./tidy";
import { Trouble } from "./trouble";

export interface KeeperOptions {
  readonly settings: Settings;
  readonly log: Logger;
  readonly send: Send;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Writes a test line, with these fields in it. */
  readonly writeTest: (fields: Readonly<Record<string, string>>) => void;
}

/** How often lines are counted and Filebeat is asked: as often as Prometheus asks us. Milliseconds. */
const sampleEvery = 15_000;
/** Pauses between attempts while Elasticsearch cannot be asked, milliseconds; the last one stays. */
const retryAfter = [1000, 2000, 4000, 8000, 15_000];
/** So long after the start it is no news that Elasticsearch is not there yet: it takes longer to start. Milliseconds. */
const grace = 120_000;

type Job = "reconcile" | "tidy" | "lines" | "look" | "canary" | "shipper";

export class Keeper {
  private readonly store: Store;
  private readonly canary: Canary;
  private readonly notices: Notices;
  private readonly deleted = new Counter<DeletionReason>("reason", deletionReasons);
  private readonly known = new Map<string, number>();
  private readonly due = new Map<Job, number>();
  /** Jobs that must not run at the same time share a lane. */
  private readonly busy = new Set<string>();
  private readonly hopeless = new Set<string>();
  private readonly started: number;

  /** Why Elasticsearch cannot be asked; undefined while it can. */
  private away: string | undefined = "Elasticsearch has not been asked yet";
  private attempts = 0;
  /** What of the desired state is not there; undefined until it was compared. */
  private unmet: readonly string[] | undefined;
  private untidy: readonly string[] = [];
  private sample: StoreSample | undefined;
  private lines: LinesSample | undefined;
  private lookedBack = false;
  private shipper: ShipperFigures | undefined;
  private wasReady = false;

  constructor(private readonly options: KeeperOptions) {
    const { settings, log, now, send, writeTest } = options;
    const { elasticsearchUrl, caFile, desired, passwords } = settings;
    this.started = now();
    this.store = new Store({ url: elasticsearchUrl, caFile, admin: desired.admin, passwords, send });
    this.canary = new Canary(this.started, writeTest);
    this.notices = new Notices(log, now);
  }

  /** Does what is due; call it several times a second. Resolves when what it began is done; never rejects. */
  async tick(): Promise<void> {
    const { settings, now } = this.options;
    const jobs: Promise<void>[] = [];
    const begin = (job: Job, lane: string, every: number, run: () => Promise<void>): void => {
      if (this.busy.has(lane) || now() < (this.due.get(job) ?? 0)) return;
      this.busy.add(lane);
      this.due.set(job, now() + every);
      jobs.push(this.attempt(job, run).finally(() => this.busy.delete(lane)));
    };
    begin("canary", "canary", settings.canary, async () => this.canary.write(now()));
    begin("shipper", "shipper", sampleEvery, () => this.askShipper());
    begin("reconcile", "store", settings.reconcile, () => this.reconcile());
    if (this.away === undefined && this.unmet !== undefined) {
      begin("tidy", "store", settings.desired.retention.check, () => this.tidy());
      begin("lines", "lines", sampleEvery, () => this.countLines());
      if (this.canary.isDue(now())) begin("look", "look", 0, () => this.canary.look(this.store, settings.desired, now));
    }
    await Promise.all(jobs);
    this.tellReadiness();
  }

  /** What is not as it should be; empty while all is. */
  get problems(): readonly string[] {
    if (this.away !== undefined) return [this.away];
    if (this.unmet === undefined) return ["The store has not been compared with what it should be yet"];
    if (this.unmet.length === 0 && this.untidy.length === 0 && this.sample === undefined)
      return ["It is not known yet how full the store is"];
    return [...this.unmet, ...this.untidy];
  }

  metrics(): string {
    const { settings, now } = this.options;
    const isUp = this.away === undefined;
    return renderFigures({
      ready: this.problems.length === 0,
      storeUp: isUp,
      store: this.sample,
      limitBytes: settings.desired.retention.ceilingBytes,
      deleted: this.deleted,
      services: isUp ? (this.lines?.services ?? []) : [],
      failed: isUp ? this.lines?.failed : undefined,
      lastLines: this.known,
      talkative: settings.desired.talkative,
      canary: this.canary.figures(now()),
      shipper: this.shipper,
      revision: settings.revision,
      started: this.started,
      residentBytes: process.memoryUsage.rss(),
    });
  }

  /** One failure ends one job, and no other. */
  private async attempt(job: Job, run: () => Promise<void>): Promise<void> {
    try {
      await run();
      this.notices.over(job);
    } catch (error) {
      if (!(error instanceof Trouble)) {
        this.notices.tell(job, "error", `${job} failed (${errorKind(error)})`);
        if (job === "reconcile")
          this.unmet = [`The store cannot be compared with what it should be (${errorKind(error)})`];
      } else if (error.stops) this.lost(error);
      else this.failed(job, error);
    }
  }

  private failed(job: Job, trouble: Trouble): void {
    if (job === "tidy") {
      this.untidy = trouble.kind === "missing" ? [] : [trouble.message];
      // A stream is gone: it is made again now, and not in a minute.
      if (trouble.kind === "missing") {
        this.unmet = [trouble.message];
        this.due.set("reconcile", 0);
      }
    }
    this.notices.tell(job, "warning", trouble.message);
  }

  private lost(trouble: Trouble): void {
    const { now } = this.options;
    this.away = trouble.message;
    this.unmet = undefined;
    this.sample = undefined;
    const pause = retryAfter[Math.min(this.attempts, retryAfter.length - 1)] ?? 0;
    this.attempts++;
    this.due.set("reconcile", now() + pause);
    this.due.set("tidy", 0);
    const isStarting = trouble.kind === "away" && !this.wasReady && now() - this.started < grace;
    const level = trouble.kind === "locked" ? "error" : isStarting ? "info" : "warning";
    this.notices.tell("store", level, trouble.message);
  }

  private async reconcile(): Promise<void> {
    const { settings, log } = this.options;
    const { done, problems } = await reconcile(this.store, settings.desired, this.hopeless);
    this.away = undefined;
    this.attempts = 0;
    this.notices.over("store", "Elasticsearch answers again");
    if (done.length > 0) log("info", "the store was changed to what it should be", { done: done.join("; ") });
    this.unmet = problems;
    if (problems.length > 0) {
      this.due.set("reconcile", this.options.now() + sampleEvery);
      this.notices.tell("unmet", "warning", problems.join(". "));
    } else this.notices.over("unmet");
  }

  private async tidy(): Promise<void> {
    const { settings, log, now, pause } = this.options;
    const deleted = (reason: DeletionReason): void => this.deleted.add(reason);
    const { sample, problems } = await tidy(this.store, settings.desired, { log, now, pause, deleted });
    this.sample = sample;
    this.untidy = problems;
    if (problems.length > 0) this.notices.tell("untidy", "error", problems.join(". "));
    else this.notices.over("untidy", "the disk under Elasticsearch has room again");
  }

  private async countLines(): Promise<void> {
    const { settings, now } = this.options;
    if (!this.lookedBack) {
      for (const [service, last] of await lastLines(this.store, settings.desired)) this.known.set(service, last);
      this.lookedBack = true;
    }
    this.lines = await sampleLines(this.store, settings.desired);
    remember(this.known, this.lines.services, now());
  }

  private async askShipper(): Promise<void> {
    const { send, settings } = this.options;
    const wasUp = this.shipper !== undefined;
    try {
      this.shipper = await askShipper(send, settings.filebeatUrl);
      if (!wasUp) this.notices.over("filebeat", "Filebeat answers");
    } catch (error) {
      this.shipper = undefined;
      const isStarting = this.options.now() - this.started < grace;
      const why = `Filebeat does not answer at ${settings.filebeatUrl} (${errorKind(error)})`;
      this.notices.tell("filebeat", isStarting && !wasUp ? "info" : "warning", why);
    }
  }

  private tellReadiness(): void {
    const isReady = this.problems.length === 0;
    if (isReady && !this.wasReady) this.options.log("info", "the store is as it should be");
    this.wasReady = isReady;
  }
}
