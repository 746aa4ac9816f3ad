/** Where a stack's log lines are, and as whom they are read: its output `logs`. */
import { z } from "zod";
import { SetupError } from "../setup/errors";
import { consoleLog } from "../setup/progress";
import type { StackOptions } from "../stack/options";
import { openSession } from "../stack/session";

export interface LogsAccess {
  /** Elasticsearch, as this machine reaches it. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** The stack's own certificate authority (PEM), the only one that is believed. */
  readonly ca: string;
}

const schema = z.object({ url: z.url(), user: z.string(), password: z.string(), ca: z.string() });

/**
 * The output `logs`, as an object or as its JSON.
 * @throws SetupError if it is none
 */
export function logsOutput(output: unknown): LogsAccess {
  const parsed = schema.safeParse(typeof output === "string" ? jsonOrNothing(output) : output);
  if (!parsed.success) throw new SetupError("the stack's output `logs` does not say where its log lines are");
  return parsed.data;
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Asks Pulumi for it. @throws SetupError if the stack is not up, or keeps no logs */
export async function readAccess(options: StackOptions): Promise<LogsAccess> {
  const session = await openSession(options, consoleLog());
  const outputs = JSON.parse(await session.capture(["stack", "output", "--json", "--show-secrets"])) as Record<
    string,
    unknown
  >;
  return accessIn(outputs, options.stack);
}

/** Pure part of `readAccess`. */
export function accessIn(outputs: Readonly<Record<string, unknown>>, stack: string): LogsAccess {
  const { logs } = outputs;
  if (Object.keys(outputs).length === 0) throw new SetupError(`the stack ${stack} is not up`, "npm run up");
  if (logs === undefined || logs === "") {
    throw new SetupError(
      `the stack ${stack} keeps no logs: medassist:logging is false, or it was not brought up since`,
      `npm run up; what a container says right now: docker logs ${stack}-api`,
    );
  }
  return logsOutput(logs);
}
