/** The journal as text: one change a line, as JSON. */
import { applyInPlace, type Change, copyState, emptyState, type State } from "./state";

/** One line, with its line end. */
export function encodeChange(change: Change): string {
  return `${JSON.stringify(change)}\n`;
}

export interface Replayed {
  readonly state: State;
  readonly lines: number;
  /** Lines in the middle that could not be read; the rest is used all the same. */
  readonly damaged: number;
  /** Bytes of a last line that was not written to its end. */
  readonly torn: number;
}

/** The state that a journal stands for. A line counts from its line end on: what was being written at a crash is dropped. */
export function replay(content: Buffer): Replayed {
  const end = content.lastIndexOf(0x0a) + 1;
  const state = copyState(emptyState);
  let lines = 0;
  let damaged = 0;
  let from = 0;
  while (from < end) {
    const to = content.indexOf(0x0a, from);
    const change = decodeChange(content.toString("utf8", from, to));
    if (change) applyInPlace(state, change);
    else damaged++;
    lines++;
    from = to + 1;
  }
  return { state, lines, damaged, torn: content.length - end };
}

/** The shortest journal for a state. */
export function encodeState(state: State): string {
  const lines: string[] = [];
  for (const incident of state.incidents.values()) lines.push(encodeChange({ alerts: [], incidents: [incident] }));
  for (const alert of state.alerts.values()) lines.push(encodeChange({ alerts: [alert], incidents: [] }));
  return lines.join("");
}

/** Only the recorder writes the file, so its own shape is checked no further than damage could matter. */
function decodeChange(line: string): Change | undefined {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch {
    return undefined;
  }
  const change = found as Partial<Change> | null;
  const haveIds = (records: unknown): boolean =>
    Array.isArray(records) && records.every((record: { id?: unknown } | null) => typeof record?.id === "string");
  return haveIds(change?.alerts) && haveIds(change?.incidents) ? (change as Change) : undefined;
}
