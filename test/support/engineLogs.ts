/** Container logs on the disk as the engine's json-file driver writes, splits, rotates and removes them. */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labelKeys } from "../../configs/labels";

/** The engine cuts lines into pieces of this size; only the last one ends with a line's end. */
const piece = 16_384;

export interface From {
  readonly service: string;
  readonly stack?: string;
  /** @default "stdout" */
  readonly stream?: string;
}

export class EngineLogs {
  /** Stands in for the engine's folder of containers. */
  readonly folder = mkdtempSync(join(tmpdir(), "medassist-engine-"));
  private taken = Date.now() * 1000;

  /** @param container one hexadecimal digit, which makes the id */
  private file(container: string): string {
    const id = container.repeat(64);
    mkdirSync(join(this.folder, id), { recursive: true });
    return join(this.folder, id, `${id}-json.log`);
  }

  /** Lines that a container wrote, each with a time of its own. */
  write(container: string, from: From, ...lines: readonly string[]): void {
    appendFileSync(this.file(container), lines.map((line) => this.pieces(from, line)).join(""));
  }

  private pieces({ service, stack = "prod", stream = "stdout" }: From, line: string): string {
    const bytes = Buffer.from(`${line}\n`);
    const attrs = {
      [labelKeys.networks]: "medassist,monitoring",
      [labelKeys.role]: "service",
      [labelKeys.service]: service,
      [labelKeys.stack]: stack,
    };
    let text = "";
    for (let from = 0; from < bytes.length; from += piece) {
      // Bytes that are no UTF-8 become U+FFFD here, as the engine does it.
      const log = bytes.subarray(from, from + piece).toString("utf8");
      text += `${JSON.stringify({ log, stream, attrs, time: this.nextTime() })}\n`;
    }
    return text;
  }

  /** Nanoseconds, a little later each time. */
  private nextTime(): string {
    this.taken = Math.max(this.taken + 1, Date.now() * 1000);
    const micro = String(this.taken % 1_000_000).padStart(6, "0");
    return new Date(this.taken / 1000).toISOString().replace(/\.\d+Z$/, `.${micro}000Z`);
  }

  /** What the engine writes for a line whose bytes are given. */
  writeBytes(container: string, from: From, bytes: Buffer): void {
    this.write(container, from, bytes.toString("utf8"));
  }

  /** As with max-file=3: the oldest of three files goes. */
  rotate(container: string): void {
    const file = this.file(container);
    rmSync(`${file}.2`, { force: true });
    if (existsSync(`${file}.1`)) renameSync(`${file}.1`, `${file}.2`);
    renameSync(file, `${file}.1`);
    appendFileSync(file, "");
  }

  /** The container is removed, and its folder with it. */
  removeContainer(container: string): void {
    rmSync(join(this.folder, container.repeat(64)), { recursive: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
