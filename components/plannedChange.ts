/**
 * A planned change notifies nobody: while an `up` runs, Alertmanager is silent about what replacing things on purpose
 * looks like from outside. The silence is a short lease that the running program renews, so that it ends by itself soon
 * after an `up` that failed or was killed: what is wrong then is said.
 */
import * as pulumi from "@pulumi/pulumi";
import type { Alert } from "../configs/alerts/alert";
import { heartbeatName } from "../configs/alerts/heartbeat";
import { type Duration, seconds } from "../configs/units";
import type { Ready } from "./platform/platform";

const lease = seconds(60);
const renewal = seconds(20);
/** Until Alertmanager answers for the first time: a stack that comes up from nothing fires before all of it is there. */
const knock = seconds(2);
const answerWithin = seconds(2);

interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

/**
 * Which alerts are silent. On a running stack those that a planned replacement causes for moments; on one that is being
 * brought up from nothing all of them, but never the heartbeat.
 */
export function silenceMatchers(stack: string, alerts: readonly Alert[], fromNothing: boolean): Matcher[] {
  const planned = alerts.filter((a) => a.planned).map((a) => a.name);
  return [
    { name: "stack", value: stack, isRegex: false, isEqual: true },
    fromNothing
      ? { name: "alertname", value: heartbeatName, isRegex: false, isEqual: false }
      : { name: "alertname", value: planned.join("|"), isRegex: true, isEqual: true },
  ];
}

/** Holds the silence from now on, until `end` is true or the program ends. Does nothing in a preview. */
export function announcePlannedChange(url: string, stack: string, alerts: readonly Alert[], end: Ready): void {
  if (pulumi.runtime.isDryRun()) return;
  let silence: string | undefined;
  let fromNothing = false;
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const renew = async (): Promise<void> => {
    const matchers = silenceMatchers(stack, alerts, fromNothing);
    const renewed = await post(url, silence, matchers);
    if (renewed === undefined && silence === undefined) fromNothing = true;
    silence = renewed ?? silence;
    if (over) return expire();
    // Nothing waits for it: a program that has ended must not be kept alive by its own silence.
    timer = setTimeout(() => void renew(), (silence ? renewal : knock).milliseconds).unref();
  };
  const expire = async (): Promise<void> => {
    if (silence) await call(`${url}/api/v2/silence/${silence}`, { method: "DELETE" });
  };
  const first = renew();
  end.resources.apply(async () => {
    await first;
    over = true;
    clearTimeout(timer);
    await expire();
    return [];
  });
}

/** Makes or renews a silence. @returns its id, or undefined if Alertmanager does not answer */
async function post(url: string, id: string | undefined, matchers: readonly Matcher[]): Promise<string | undefined> {
  const at = (after: Duration): string => new Date(Date.now() + after.milliseconds).toISOString();
  const body = {
    ...(id ? { id } : {}),
    matchers,
    startsAt: at(seconds(0)),
    endsAt: at(lease),
    createdBy: "pulumi up",
    comment: "a planned change is under way",
  };
  const answer = await call(`${url}/api/v2/silences`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return (answer as { silenceID?: string } | undefined)?.silenceID;
}

async function call(url: string, options: RequestInit): Promise<unknown> {
  try {
    const answer = await fetch(url, { ...options, signal: AbortSignal.timeout(answerWithin.milliseconds) });
    return answer.ok ? await answer.json().catch(() => ({})) : undefined;
  } catch {
    return undefined; // it does not run yet, or no more; the change does not depend on it
  }
}
