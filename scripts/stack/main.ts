import { describeError } from "../setup/errors";

/** Runs a command: its result is the exit code; a person's mistake is printed as text, without a stack trace. */
export function main(command: () => Promise<number>): void {
  command().then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      process.stderr.write(`medassist: ${describeError(error)}\n`);
      process.exitCode = 1;
    },
  );
}
