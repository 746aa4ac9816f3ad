/** Where the setup tells the person what it does. */
export interface Log {
  /** Prints one line. */
  readonly line: (text: string) => void;
  /** Shows a text that the next one overwrites; absent where the output is no terminal. */
  readonly status?: (text: string) => void;
}

const HEARTBEAT_MS = 15_000;
const TERMINAL_MS = 1_000;

/** A log on standard error, so that a command's own output (`--json`) stays clean. */
export function consoleLog(stream: NodeJS.WriteStream = process.stderr): Log {
  if (!stream.isTTY) return { line: (text) => void stream.write(`${text}\n`) };
  const clear = "\r\x1b[2K";
  return {
    line: (text) => void stream.write(`${clear}${text}\n`),
    status: (text) => void stream.write(`${clear}${text.slice(0, stream.columns - 1)}`),
  };
}

/** A log that says nothing, for checks and tests. */
export const silent: Log = { line: () => {} };

/**
 * Shows a step that takes long: a line at its start, a sign of life while it runs (every 15 s, or a running clock on a
 * terminal), and a line with the time it took at its end.
 * @param title what is done and how long it takes: "Building the Pulumi CLI (about 6 minutes, once)"
 * @param work the step; it may pass a few words on what it is at to its argument, shown with the sign of life
 * @returns what `work` returns; its error passes through after a line that names the step
 */
export async function step<T>(log: Log, title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T> {
  const started = Date.now();
  let note = "";
  const elapsed = (): string => formatSeconds((Date.now() - started) / 1000);
  const alive = (): string => `${title} … ${elapsed()}${note === "" ? "" : ` (${note})`}`;
  log.line(title);
  const timer = setInterval(
    () => (log.status ? log.status(alive()) : log.line(`  … ${elapsed()}${note === "" ? "" : `, ${note}`}`)),
    log.status ? TERMINAL_MS : HEARTBEAT_MS,
  );
  try {
    const result = await work((text) => {
      note = text;
    });
    log.line(`  done in ${elapsed()}`);
    return result;
  } catch (error) {
    log.line(`  failed after ${elapsed()}: ${title}`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** 8 → "8 s", 95 → "1 min 35 s". */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
