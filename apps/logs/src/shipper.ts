/** What Filebeat says of itself. */
import type { Limits, Send } from "./outgoing";
import type { Json } from "./store";

export interface ShipperFigures {
  readonly acked: number;
  readonly failed: number;
  readonly dropped: number;
  readonly duplicates: number;
  readonly deadLetter: number;
  /** Part of the queue that is filled, 0 to 1. */
  readonly queueUsed: number;
  readonly openFiles: number;
}

const limits: Limits = { time: 3000, size: 1024 * 1024 };

/** Rejects if it gives no understandable answer. */
export async function askShipper(send: Send, url: string): Promise<ShipperFigures> {
  const { status, body } = await send({ method: "GET", url: `${url}/stats` }, limits);
  if (status !== 200) throw Object.assign(new Error(`status ${status}`), { code: `HTTP_${status}` });
  return readFigures(JSON.parse(body));
}

/** Figures that are not there yet are 0: Filebeat shows its queue only when it has begun to send. */
export function readFigures(stats: unknown): ShipperFigures {
  const figure = (...path: readonly string[]): number => {
    const found = path.reduce<unknown>(
      (value, key) => (typeof value === "object" && value !== null ? (value as Json)[key] : undefined),
      stats,
    );
    return typeof found === "number" && Number.isFinite(found) ? found : 0;
  };
  const event = (name: string): number => figure("libbeat", "output", "events", name);
  return {
    acked: event("acked"),
    failed: event("failed"),
    dropped: event("dropped"),
    duplicates: event("duplicates"),
    deadLetter: event("dead_letter"),
    queueUsed: figure("libbeat", "pipeline", "queue", "filled", "pct"),
    openFiles: figure("filebeat", "harvester", "open_files"),
  };
}
