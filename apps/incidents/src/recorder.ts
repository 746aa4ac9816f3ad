/** The recorder: holds the state, lets the pure functions decide, writes what they decided, and does what is due. */
import { type Notice, parseNotification, parsePolled } from "./alerts";
import { Announcer } from "./announcer";
import {
  decideHeartbeatBack,
  decideNotices,
  decidePoll,
  decideSilence,
  type Missing,
  openRecord,
  watchdog,
} from "./decide";
import { judgeHeartbeat, silenceFacts, silenceFingerprint } from "./heartbeat";
import type { Journal } from "./journal";
import { errorKind, type Logger } from "./logger";
import { getJson, type Send } from "./outgoing";
import { Problem } from "./problem";
import { decideForgotten } from "./retention";
import type { Settings } from "./settings";
import { applyChange, type Change, isEmpty, mergeChanges, type State } from "./state";
import { Telemetry } from "./telemetry";

const minute = 60_000;
const pollLimits = { time: 3000, size: 8 * 1024 * 1024 };
const beatLimits = { time: 10_000, size: 64 * 1024 };

export interface RecorderOptions {
  readonly settings: Settings;
  readonly journal: Journal;
  /** What the journal held. */
  readonly state: State;
  readonly log: Logger;
  readonly send: Send;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class Recorder {
  readonly telemetry: Telemetry;
  private currentState: State;
  private readonly started: number;
  private readonly announcer: Announcer;
  private lastHeartbeat: number | null = null;
  private missing: Missing = new Map();
  private alertmanagerAnswers: boolean | undefined;
  /** When each duty is next due, milliseconds, and which are under way. */
  private readonly due = new Map<string, number>();
  private readonly busy = new Set<string>();
  /** What is in force but not on the disk yet, because the volume could not be written. */
  private unwritten: Change | undefined;
  private unwritable = false;

  constructor(private readonly options: RecorderOptions) {
    const { settings, state, send, log, now } = options;
    this.currentState = state;
    this.started = now();
    this.telemetry = new Telemetry(settings.revision, this.started);
    const count = (outcome: "sent" | "failed"): void => this.telemetry.announced(outcome);
    this.announcer = new Announcer({ receivers: settings.receivers, stack: settings.stack, send, log, count });
    // It was silent before a restart: who was told then is told again, unless a heartbeat comes first.
    const silence = openRecord(state, this.silence);
    if (silence) this.announcer.resume(silence, this.started + settings.heartbeatLimit);
  }

  get state(): State {
    return this.currentState;
  }

  get heartbeat(): "alive" | "waiting" | "silent" {
    const { now, settings } = this.options;
    return judgeHeartbeat({
      started: this.started,
      last: this.lastHeartbeat,
      now: now(),
      limit: settings.heartbeatLimit,
    });
  }

  /** Undefined before the first answer, or lack of one. */
  get alertmanagerUp(): boolean | undefined {
    return this.alertmanagerAnswers;
  }

  metrics(): string {
    return this.telemetry.render(this.currentState, {
      heartbeat: this.lastHeartbeat,
      alertmanagerUp: this.alertmanagerAnswers === true,
      journalUp: this.unwritten === undefined,
      residentBytes: process.memoryUsage.rss(),
      maintenance: this.options.settings.maintenance,
      now: this.options.now(),
    });
  }

  /**
   * Takes a notification.
   * @returns how many alerts it had
   * @throws Problem 400 if it is malformed, 503 if it could not be written down (Alertmanager then repeats it)
   */
  receive(body: unknown): number {
    const notices = parseNotification(body);
    const now = this.options.now();
    for (const notice of notices) this.logNotice(notice);
    this.commit(decideNotices(this.currentState, notices, now, this.options.settings));
    if (notices.some(({ name, status }) => name === watchdog && status === "firing")) {
      this.lastHeartbeat = now;
      this.watchHeartbeat(now);
    }
    if (this.unwritten) {
      throw new Problem({
        status: 503,
        slug: "unavailable",
        title: "Not written down",
        detail: "The volume cannot be written; send it again.",
        headers: { "retry-after": "5" },
      });
    }
    return notices.length;
  }

  /** Does what is due. Call it about each second; resolves when all of it is done, and never rejects. */
  async tick(): Promise<void> {
    const now = this.options.now();
    const { settings } = this.options;
    // A clock that was set back must not make a silence seem shorter.
    if (this.lastHeartbeat !== null) this.lastHeartbeat = Math.min(this.lastHeartbeat, now);
    this.watchHeartbeat(now);
    this.write();
    await Promise.all([
      this.once("poll", now, settings.poll, () => this.poll()),
      this.once("beat", now, minute, () => this.beat()),
      this.once("forget", now, 60 * minute, async () => this.forget(now)),
      this.once("announce", now, 0, () => this.announcer.run(now)),
    ]);
  }

  private async once(duty: string, now: number, every: number, work: () => Promise<void>): Promise<void> {
    const wait = (this.due.get(duty) ?? now) - now;
    // Longer than its own interval is only a clock that was set back.
    if (this.busy.has(duty) || (wait > 0 && wait <= every)) return;
    this.due.set(duty, now + every);
    this.busy.add(duty);
    try {
      await work();
    } catch (error) {
      this.options.log("error", "a duty failed", { duty, reason: errorKind(error) });
    } finally {
      this.busy.delete(duty);
    }
  }

  private get silence(): string {
    return silenceFingerprint(this.options.settings.stack);
  }

  private watchHeartbeat(now: number): void {
    const { settings, log } = this.options;
    const open = openRecord(this.currentState, this.silence);
    const heartbeat = this.heartbeat;
    if (heartbeat === "silent" && !open) {
      const facts = silenceFacts(settings.stack, now, settings.heartbeatLimit);
      log("critical", "the monitoring is silent", { alertname: facts.name });
      this.commit(decideSilence(this.currentState, facts, now, settings));
      const record = openRecord(this.currentState, this.silence);
      if (record) this.announcer.announce(record, now);
    } else if (heartbeat === "alive" && open) {
      log("info", "the monitoring is heard again", { alertname: open.name });
      this.commit(decideHeartbeatBack(this.currentState, this.silence, now, settings));
      const record = this.currentState.alerts.get(open.id);
      if (record) this.announcer.announce(record, now);
    }
  }

  private async poll(): Promise<void> {
    const { settings, send, now, log } = this.options;
    let failure: string | undefined;
    try {
      const polled = parsePolled(await getJson(send, `${settings.alertmanagerUrl}/api/v2/alerts`, pollLimits));
      const { change, missing } = decidePoll(this.currentState, polled, this.missing, now(), settings);
      this.commit(change);
      this.missing = missing;
    } catch (error) {
      failure = errorKind(error);
      // What it did not answer, nothing can be missing from.
      this.missing = new Map();
    }
    const answers = failure === undefined;
    if (answers !== this.alertmanagerAnswers)
      log(answers ? "info" : "error", answers ? "Alertmanager answers" : "Alertmanager does not answer", {
        reason: failure ?? "",
      });
    this.alertmanagerAnswers = answers;
  }

  /** The dead man's switch: whoever waits for it raises the alarm when it stops. */
  private async beat(): Promise<void> {
    const { settings, send, log } = this.options;
    if (settings.heartbeatUrl === undefined || this.heartbeat !== "alive") return;
    try {
      const { status } = await send({ method: "GET", url: settings.heartbeatUrl }, beatLimits);
      if (status >= 400) log("warning", "the external heartbeat was refused", { status });
    } catch (error) {
      log("warning", "the external heartbeat could not be sent", { reason: errorKind(error) });
    }
  }

  private forget(now: number): void {
    this.commit(decideForgotten(this.currentState, now, this.options.settings.retention));
    this.options.journal.compactIfLong(this.currentState);
  }

  /** Takes effect at once, also on a full disk: the page and the receivers must tell even then. */
  private commit(change: Change): void {
    if (isEmpty(change)) return;
    const before = this.currentState;
    this.currentState = applyChange(before, change);
    this.unwritten = this.unwritten ? mergeChanges(this.unwritten, change) : change;
    this.write();
    this.telemetry.changed(before, change);
    this.logIncidents(before, change);
  }

  /** Tries to write down what is not on the disk yet. */
  private write(): void {
    if (!this.unwritten) return;
    try {
      this.options.journal.append(this.unwritten);
      this.unwritten = undefined;
      if (this.unwritable) this.options.log("info", "the journal can be written again");
      this.unwritable = false;
    } catch (error) {
      // Tried each second, told once.
      if (!this.unwritable) this.options.log("critical", "the journal cannot be written", { reason: errorKind(error) });
      this.unwritable = true;
    }
  }

  private logNotice(notice: Notice): void {
    const { name, severity, status, fingerprint, startsAt, summary } = notice;
    const level = name === watchdog ? "debug" : "info";
    this.options.log(level, "alert", {
      ...{ alertname: name, severity, status, fingerprint, summary },
      alert_service: notice.service,
      starts_at: new Date(startsAt).toISOString(),
    });
  }

  private logIncidents(before: State, change: Change): void {
    for (const incident of change.incidents) {
      const known = before.incidents.get(incident.id);
      const fields = { incident: incident.id, priority: incident.priority };
      if (!known) this.options.log("warning", "incident opened", fields);
      else if (known.closed !== null && incident.closed === null)
        this.options.log("warning", "incident reopened", fields);
      else if (known.closed === null && incident.closed !== null) this.options.log("info", "incident closed", fields);
      else if (known.priority !== incident.priority) this.options.log("warning", "incident is worse", fields);
    }
  }
}
