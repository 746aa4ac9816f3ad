/** Units that carry their dimension in the type, so that "30" can never be read as both seconds and minutes. */

/** A span of time, kept in whole milliseconds. */
export class Duration {
  private constructor(readonly milliseconds: number) {}

  static milliseconds(n: number): Duration {
    if (!Number.isInteger(n) || n < 0) throw new RangeError(`a duration is a whole, non-negative number, not ${n}`);
    return new Duration(n);
  }

  get seconds(): number {
    return this.milliseconds / 1000;
  }

  /** Whole seconds, rounded up: what Docker's grace periods take. */
  get wholeSeconds(): number {
    return Math.ceil(this.seconds);
  }

  plus(other: Duration): Duration {
    return new Duration(this.milliseconds + other.milliseconds);
  }

  times(factor: number): Duration {
    return Duration.milliseconds(this.milliseconds * factor);
  }

  /**
   * Go's own spelling ("1m30s", "500ms", "0s"). The Docker provider reads health checks back in this form; any
   * other spelling of the same span is a difference at every `up` (docs/traps.md, Spelling).
   */
  toGo(): string {
    const ms = this.milliseconds;
    if (ms === 0) return "0s";
    if (ms < 1000) return `${ms}ms`;
    const hours = Math.floor(ms / 3_600_000);
    const minutes = Math.floor(ms / 60_000) % 60;
    const seconds = (ms % 60_000) / 1000;
    return `${hours ? `${hours}h` : ""}${hours || minutes ? `${minutes}m` : ""}${seconds}s`;
  }

  /** The short spelling of HAProxy, Nginx and Prometheus: one number, one unit ("90s", "500ms"). */
  toShort(): string {
    return this.milliseconds % 1000 === 0 ? `${this.milliseconds / 1000}s` : `${this.milliseconds}ms`;
  }

  /** The largest unit that fits exactly ("30s", "5m", "36h", "3d"): PromQL and people read it. */
  toPromql(): string {
    const units = [
      ["d", 86_400_000],
      ["h", 3_600_000],
      ["m", 60_000],
      ["s", 1000],
    ] as const;
    const fit = units.find(([, ms]) => this.milliseconds >= ms && this.milliseconds % ms === 0);
    return fit ? `${this.milliseconds / fit[1]}${fit[0]}` : `${this.milliseconds}ms`;
  }
}

export const milliseconds = (n: number): Duration => Duration.milliseconds(n);
export const seconds = (n: number): Duration => Duration.milliseconds(n * 1000);
export const minutes = (n: number): Duration => Duration.milliseconds(n * 60_000);
export const hours = (n: number): Duration => Duration.milliseconds(n * 3_600_000);
export const days = (n: number): Duration => Duration.milliseconds(n * 86_400_000);

/** An amount of memory or disk, kept in bytes. Docker containers take MiB, Swarm services bytes. */
export class Size {
  private constructor(readonly bytes: number) {}

  static bytes(n: number): Size {
    if (!Number.isInteger(n) || n < 0)
      throw new RangeError(`a size is a whole, non-negative number of bytes, not ${n}`);
    return new Size(n);
  }

  get mebibytes(): number {
    return this.bytes / 1_048_576;
  }
}

export const KiB = (n: number): Size => Size.bytes(n * 1024);
export const GiB = (n: number): Size => Size.bytes(n * 1_073_741_824);
export const MiB = (n: number): Size => Size.bytes(n * 1_048_576);
