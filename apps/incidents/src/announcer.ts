/** Tells the receivers of the recorder's own alert: at once, again until it succeeds, and a reminder each hour. */
import { errorKind, type Logger } from "./logger";
import type { Send } from "./outgoing";
import { announcement, type Receiver } from "./receivers";
import type { AlertRecord } from "./state";

const minute = 60_000;
const limits = { time: 5000, size: 64 * 1024 };

/** Delay before the next attempt, milliseconds: 5 s, 10 s, 20 s … at most a minute. */
export const retryDelay = (attempts: number): number => Math.min(minute, 5000 * 2 ** Math.min(attempts - 1, 10));
export const reminder = 60 * minute;

interface Duty {
  readonly receiver: Receiver;
  /** It was told that the alert fires. */
  told: boolean;
  attempts: number;
  /** When to try next, milliseconds; null if there is nothing to say. */
  next: number | null;
}

export interface AnnouncerOptions {
  readonly receivers: readonly Receiver[];
  readonly stack: string;
  readonly send: Send;
  readonly log: Logger;
  readonly count: (outcome: "sent" | "failed") => void;
}

export class Announcer {
  private alert: AlertRecord | undefined;
  private readonly duties: readonly Duty[];

  constructor(private readonly options: AnnouncerOptions) {
    this.duties = options.receivers.map((receiver) => ({ receiver, told: false, attempts: 0, next: null }));
  }

  /** The alert as it is now; an end is told only to those who were told of the beginning. */
  announce(alert: AlertRecord, now: number): void {
    this.alert = alert;
    for (const duty of this.duties) {
      duty.attempts = 0;
      duty.next = alert.resolved === null || duty.told ? now : null;
    }
  }

  /** Goes on with an alert of a process before this one: everybody was told, and is reminded at `next`, milliseconds. */
  resume(alert: AlertRecord, next: number): void {
    this.alert = alert;
    for (const duty of this.duties) Object.assign(duty, { told: true, attempts: 0, next });
  }

  /** Sends what is due. Never rejects. */
  async run(now: number): Promise<void> {
    const due = this.duties.filter((duty) => duty.next !== null && duty.next <= now);
    await Promise.all(due.map((duty) => this.tell(duty, now)));
  }

  private async tell(duty: Duty, now: number): Promise<void> {
    const { alert } = this;
    if (!alert) return;
    const { send, stack, log, count } = this.options;
    duty.attempts++;
    let failure: string | undefined;
    try {
      const { status } = await send(announcement(duty.receiver, alert, stack), limits);
      if (status < 200 || status > 299) failure = `HTTP_${status}`;
    } catch (error) {
      failure = errorKind(error);
    }
    count(failure === undefined ? "sent" : "failed");
    const fields = { alertname: alert.name, receiver: duty.receiver.kind, firing: alert.resolved === null };
    if (failure === undefined) log("info", "receiver was told", fields);
    else log("error", "receiver could not be told", { ...fields, reason: failure, attempts: duty.attempts });
    if (failure === undefined) duty.told = alert.resolved === null;
    // While it was being sent, there came something newer to tell.
    if (this.alert !== alert) duty.next = this.alert?.resolved === null || duty.told ? now : null;
    else if (failure !== undefined) duty.next = now + retryDelay(duty.attempts);
    else duty.next = alert.resolved === null ? now + reminder : null;
  }
}
