/** The terminal, or whatever standard output leads to, and what both commands do with it. */
import type { Writable } from "node:stream";
import { readAccess } from "./access";
import type { LogsCommand } from "./options";
import { type Screen, show } from "./show";
import { openStore } from "./store";

/** Runs a command. @returns its exit code: 0 also when Ctrl-C ends it, or a reader (`| head`) that has enough */
export async function runCommand(command: LogsCommand, accessOf = readAccess): Promise<number> {
  const store = openStore(await accessOf(command.stack), command.stack.stack);
  const enough = new AbortController();
  const end = () => {
    enough.abort();
    store.close();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  try {
    await show(command, store, screenOn(process.stdout, enough.signal, end));
  } catch (error) {
    if (!enough.signal.aborted) throw error;
  } finally {
    store.close();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, end);
  }
  return 0;
}

type Output = Writable & { readonly isTTY?: boolean };

/** @param end called when whoever reads the output has gone */
export function screenOn(output: Output, done: AbortSignal, end: () => void, env = process.env): Screen {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    end();
  });
  return {
    // NO_COLOR: any text but the empty one says no (no-color.org).
    look: { colour: output.isTTY === true && !env.NO_COLOR },
    done,
    write: (text) =>
      new Promise((resolve) => {
        if (done.aborted || output.write(text)) return resolve();
        const go = () => {
          output.off("drain", go).off("close", go);
          done.removeEventListener("abort", go);
          resolve();
        };
        output.on("drain", go).on("close", go);
        done.addEventListener("abort", go);
      }),
    remark: (text) => void process.stderr.write(`medassist: ${text}\n`),
  };
}
