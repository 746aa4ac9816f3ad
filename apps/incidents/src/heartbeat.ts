/** Whether the monitoring lives: Alertmanager must notify of Watchdog again and again. */
import { createHash } from "node:crypto";
import type { AlertFacts } from "./alerts";
import { monitoringSilent } from "./decide";

export interface HeartbeatInput {
  /** When the recorder started, milliseconds. */
  readonly started: number;
  /** When the last notification of Watchdog came, milliseconds; null if none came since the start. */
  readonly last: number | null;
  readonly now: number;
  /** Longest silence, milliseconds; also the grace after the start. */
  readonly limit: number;
}

/**
 * `alive`: it came in time. `waiting`: none came yet, and the start is not long ago. `silent`: the monitoring does not
 * work, or its notifications do not arrive.
 */
export function judgeHeartbeat({ started, last, now, limit }: HeartbeatInput): "alive" | "waiting" | "silent" {
  if (last !== null) return now - last <= limit ? "alive" : "silent";
  return now - started <= limit ? "waiting" : "silent";
}

/** The alert that stands for a silent monitoring. It has one fingerprint a stack. */
export function silenceFacts(stack: string, now: number, limit: number): AlertFacts {
  return {
    fingerprint: silenceFingerprint(stack),
    name: monitoringSilent,
    severity: "p1",
    service: "monitoring",
    labels: { alertname: monitoringSilent, severity: "p1", service: "monitoring", stack },
    summary: `No heartbeat of the monitoring for ${Math.round(limit / 1000)} s: alerts may not be found or not arrive`,
    runbook: `P1_${monitoringSilent}`,
    startsAt: now,
  };
}

export function silenceFingerprint(stack: string): string {
  return createHash("sha256").update(`${monitoringSilent} ${stack}`).digest("hex").slice(0, 16);
}
