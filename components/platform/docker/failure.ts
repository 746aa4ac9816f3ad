import * as pulumi from "@pulumi/pulumi";

/** An error for the person who ran `up`. Without its stack, or Pulumi spends 18 s on formatting it (docs/traps.md, Failure). */
export function failure(text: string): pulumi.RunError {
  const error = new pulumi.RunError(text);
  error.stack = error.message;
  return error;
}
