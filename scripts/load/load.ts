/**
 * A steady load of payments and reads on one address of this machine, and what became of every single request.
 * Open loop: requests are sent on schedule, whether or not earlier ones were answered, as patients do.
 */
import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { haproxyTiming } from "../../configs/haproxy";

export interface LoadPlan {
  /** Base address: http://127.0.0.1:<port>; nothing else is accepted, but the address of a container if `container` is set. */
  readonly url: string;
  readonly container?: boolean;
  readonly requestsPerSecond: number;
  /** Requests in all; the load ends by itself. */
  readonly requests: number;
  /** Clients; half of them keep their connection, half open a new one each time. Default 16. */
  readonly clients?: number;
  /** Share of requests that are payments, 0 to 1; the others read a payment made before. Default 0.5. */
  readonly payments?: number;
}

export interface LoadResult {
  readonly sent: number;
  /** Requests that got no answer, or another one than they should. */
  readonly failures: readonly string[];
  /** Idempotency keys of all payments that were acknowledged. */
  readonly keys: readonly string[];
  /** Latency of all requests, milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** A load that is under way: cut short, or awaited. */
export interface RunningLoad {
  /** Sends no more requests and resolves when those under way are answered. */
  stop(): Promise<LoadResult>;
  /** Resolves when all requests are answered. */
  readonly done: Promise<LoadResult>;
}

/** Every request must be answered within this. It is longer than HAProxy's own limits, so that its answer counts. */
const answerWithinMs = 20_000;

/** An idle connection is given up well before HAProxy closes it, or a payment could be sent into one that is being closed. */
const keepIdleMs = haproxyTiming.keepAlive.times(0.5).milliseconds;

/** Starts a load. @throws RangeError for another address than this machine's loopback */
export function startLoad(plan: LoadPlan): RunningLoad {
  const base = new URL(plan.url);
  const allowed = base.hostname === "127.0.0.1" || (plan.container === true && isContainerAddress(base.hostname));
  if (!allowed) throw new RangeError(`a load is sent to 127.0.0.1 only, not to ${base.hostname}`);
  const clients = plan.clients ?? 16;
  const agents = Array.from(
    { length: clients },
    (_, i) => new Agent(i % 2 === 0 ? { keepAlive: true, maxSockets: 64, timeout: keepIdleMs } : { keepAlive: false }),
  );
  const failures: string[] = [];
  const keys: string[] = [];
  const made: string[] = [];
  const latencies: number[] = [];
  let stopped = false;

  const one = async (index: number): Promise<void> => {
    const agent = agents[index % clients];
    const known = made[Math.floor(Math.random() * made.length)];
    const pay = known === undefined || Math.random() < (plan.payments ?? 0.5);
    const key = randomBytes(16).toString("hex");
    const started = performance.now();
    const answer = await send(base, agent, pay ? { key, body: payment(index) } : { id: known });
    latencies.push(performance.now() - started);
    if (pay && answer.status === 201) {
      keys.push(key);
      made.push((JSON.parse(answer.body) as { id: string }).id);
    } else if (pay && answer.status === 200) {
      keys.push(key); // sent again by HAProxy: the first replica had written it before it died
    } else if (pay || answer.status !== 200) {
      failures.push(`${pay ? "POST" : "GET"} ${index}: ${answer.status || "no answer"} ${answer.body.slice(0, 200)}`);
    }
  };

  const run = async (): Promise<LoadResult> => {
    const start = performance.now();
    const underWay = new Set<Promise<void>>();
    let sent = 0;
    for (; sent < plan.requests && !stopped; sent++) {
      const due = start + (sent * 1000) / plan.requestsPerSecond;
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait);
      const promise: Promise<void> = one(sent).finally(() => underWay.delete(promise));
      underWay.add(promise);
    }
    await Promise.all(underWay);
    for (const agent of agents) agent.destroy();
    const sorted = latencies.sort((a, b) => a - b);
    const quantile = (q: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
    return { sent, failures, keys, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
  };

  const done = run();
  return {
    done,
    stop: () => {
      stopped = true;
      return done;
    },
  };
}

/** Whether an address is of the private range from which Docker's bridge networks take theirs (RFC 1918, 172.16/12). */
const isContainerAddress = (host: string): boolean => /^172\.(1[6-9]|2\d|3[01])\.\d+\.\d+$/.test(host);

/** What is paid: references that cannot be taken for a patient's. */
const payment = (index: number): string =>
  JSON.stringify({ patient: "p-load", consultation: `c-load-${index}`, amount: 100 + (index % 9000), currency: "EUR" });

type Question = { readonly key: string; readonly body: string } | { readonly id: string | undefined };

function send(base: URL, agent: Agent | undefined, question: Question): Promise<{ status: number; body: string }> {
  const post = "key" in question;
  return new Promise((resolve) => {
    const call = request(
      {
        host: base.hostname,
        port: base.port,
        agent,
        method: post ? "POST" : "GET",
        path: post ? "/api/payment" : `/api/payment/${question.id}`,
        headers: post
          ? {
              "content-type": "application/json",
              "content-length": Buffer.byteLength(question.body),
              "idempotency-key": question.key,
            }
          : {},
        timeout: answerWithinMs,
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
        response.on("error", (error) => resolve({ status: 0, body: error.message }));
      },
    );
    call.on("timeout", () => call.destroy(new Error(`no answer within ${answerWithinMs} ms`)));
    call.on("error", ({ message }) =>
      resolve({ status: 0, body: `${message}${call.reusedSocket ? ", on a kept connection" : ""}` }),
    );
    call.end(post ? question.body : undefined);
  });
}
