/** Bounds of a request that every hop must agree on. */
import { KiB, MiB, milliseconds, seconds } from "./units";

/** Largest request body. The API refuses more with 413; Nginx and HAProxy must let exactly this much through. */
export const maxBody = KiB(64);

/** Largest request head (line and headers) that HAProxy accepts, on top of the body that it keeps for a retry. */
export const maxHead = KiB(16);

/** Latency SLO of the report (section 3): p95 below 800 ms. It is a bucket of the API's histogram. */
export const latencySlo = milliseconds(800);

/** What the engine keeps of a container's log: so many files of at most this size. */
export const containerLog = { file: MiB(10), files: 3 } as const;

/** How long an API replica may finish its running requests after SIGTERM (measured: docs/traps.md, Threads). */
export const apiDrain = seconds(10);
