/** Logs: one JSON object a line. */
export const logLevels = ["debug", "info", "warning", "error", "critical"] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;
/** Never hand it a password or a line of log. */
export type Logger = (level: LogLevel, message: string, fields?: LogFields) => void;

export interface LoggerOptions {
  readonly stack: string;
  readonly level: LogLevel;
  readonly now: () => number;
  /** Takes a line with its line end. */
  readonly write: (line: string) => void;
}

export function createLogger({ stack, level: least, now, write }: LoggerOptions): Logger {
  return (level, message, fields = {}) => {
    if (logLevels.indexOf(level) < logLevels.indexOf(least)) return;
    const timestamp = new Date(now()).toISOString();
    write(`${JSON.stringify({ timestamp, level, stack, service: "log-keeper", message, ...fields })}\n`);
  };
}

/** Kind of an error without its text, which may quote data: `ECONNREFUSED`, `TimeoutError`, `TypeError`. */
export function errorKind(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const code = "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : error.name;
}
