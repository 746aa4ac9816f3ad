/** The journal on the volume. Every change is on the disk before it counts. */
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { encodeChange, encodeState, replay } from "./journalText";
import type { Change, State } from "./state";

/** Lines beyond what the state needs, before the file is written anew. */
const slack = 1000;

export interface Opened {
  readonly journal: Journal;
  readonly state: State;
  /** What was wrong with the file, for the log. */
  readonly warnings: readonly string[];
}

/**
 * Writes are synchronous: they are few and small, and nothing can come between deciding and remembering.
 * One process a folder: the platform removes a container before it creates its successor.
 */
export class Journal {
  /** The file may end with half a line. */
  private dirty = false;

  private constructor(
    private readonly folder: string,
    private file: number,
    private size: number,
    private lines: number,
  ) {}

  /** @throws Error if the folder cannot be made, read or written */
  static open(folder: string): Opened {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, "journal.jsonl");
    const file = openSync(path, "a+", 0o600);
    const content = readFileSync(path);
    const { state, lines, damaged, torn } = replay(content);
    const warnings: string[] = [];
    if (torn > 0) warnings.push(`the journal's last line was not written to its end: ${torn} bytes dropped`);
    if (damaged > 0) warnings.push(`${damaged} lines of the journal cannot be read and were left out`);
    const size = content.length - torn;
    if (torn > 0) ftruncateSync(file, size);
    const journal = new Journal(folder, file, size, lines);
    syncFolder(folder);
    if (damaged === 0) journal.compactIfLong(state);
    return { journal, state, warnings };
  }

  /** @throws Error if it could not be written; what is half-written is taken back before the next attempt at the latest */
  append(change: Change): void {
    const line = Buffer.from(encodeChange(change));
    this.takeBack();
    this.dirty = true;
    try {
      writeAll(this.file, line);
      fsyncSync(this.file);
    } catch (error) {
      this.takeBack();
      throw error;
    }
    this.dirty = false;
    this.size += line.length;
    this.lines++;
  }

  /** Half a line would swallow the next one. */
  private takeBack(): void {
    if (this.dirty) ftruncateSync(this.file, this.size);
    this.dirty = false;
  }

  /** Writes the file anew when most of its lines are of the past. */
  compactIfLong(state: State): void {
    if (this.lines > 2 * (state.alerts.size + state.incidents.size) + slack) this.compact(state);
  }

  /** The new file takes the place of the old one in one step, so that a crash leaves one or the other. */
  private compact(state: State): void {
    const path = join(this.folder, "journal.jsonl");
    const temporary = `${path}.new`;
    const content = Buffer.from(encodeState(state));
    const file = openSync(temporary, "w", 0o600);
    try {
      writeAll(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(this.folder);
    closeSync(this.file);
    this.file = openSync(path, "a", 0o600);
    this.size = content.length;
    this.lines = state.alerts.size + state.incidents.size;
  }

  close(): void {
    fsyncSync(this.file);
    closeSync(this.file);
  }
}

function writeAll(file: number, content: Buffer): void {
  for (let written = 0; written < content.length; ) written += writeSync(file, content, written);
}

/** A new name is on the disk only when its folder is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
