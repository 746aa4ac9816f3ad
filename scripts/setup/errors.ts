/**
 * Something the person has to mend: shown as text, never with a stack trace. Every other error is a bug of ours.
 */
export class SetupError extends Error {
  /**
   * @param problem what is wrong, and where
   * @param mend the command or the step that mends it, if there is one
   */
  constructor(
    readonly problem: string,
    readonly mend?: string,
  ) {
    super(mend === undefined ? problem : `${problem}\n  to mend it: ${mend}`);
    this.name = "SetupError";
  }
}

/** What a script prints for an error: the message of a SetupError, the whole stack of anything else. */
export function describeError(error: unknown): string {
  if (error instanceof SetupError) return error.message;
  if (error instanceof Error) return error.stack ?? error.message;
  return String(error);
}
