/** What the page shows, and the verdict in one word. */
import type { MaintenanceWindow } from "../maintenance";
import type { Health } from "../prometheus";
import { type Severity, worse } from "../severity";
import type { State } from "../state";

export interface PageView extends Health {
  readonly stack: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly heartbeat: "alive" | "waiting" | "silent";
  readonly alertmanagerUp: boolean | undefined;
  /** The planned one, open or not. */
  readonly maintenance: MaintenanceWindow | undefined;
  readonly state: State;
}

/** `trouble`: no incident, but something is not up. */
export type Verdict =
  | { readonly kind: "ok" | "silent" | "trouble" | "unknown" }
  | { readonly kind: "incident"; readonly priority: Severity };

/** The worst that is known comes first; what is not known is never called well. */
export function judge({ state, heartbeat, jobs, alertmanagerUp }: PageView): Verdict {
  if (heartbeat === "silent") return { kind: "silent" };
  const open = [...state.incidents.values()].filter(({ closed }) => closed === null);
  const [first, ...others] = open;
  if (first)
    return {
      kind: "incident",
      priority: others.reduce((worst, { priority }) => worse(worst, priority), first.priority),
    };
  if (alertmanagerUp === false || jobs?.some(({ up, of }) => up < of)) return { kind: "trouble" };
  if (heartbeat === "waiting" || alertmanagerUp === undefined || jobs === undefined || jobs.length === 0)
    return { kind: "unknown" };
  return { kind: "ok" };
}
