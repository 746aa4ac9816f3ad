/** One request at a time, sent exactly as written: paths are not normalised, redirects not followed. */
import { request as http, type IncomingHttpHeaders } from "node:http";
import { request as https } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Certificate that the server must show (PEM); it is then the only one that is trusted. */
  readonly trust?: string;
  /** The name for which it must be valid. @default medassist.test */
  readonly trustedName?: string;
  /** Take any certificate, to see which one it is. */
  readonly trustAny?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** SHA-256 fingerprint of the certificate that the server showed. */
  readonly certificate: string | undefined;
}

/** Asks `base` (scheme, host and port; this machine only) for `path`. @throws when there is no answer within 20 s */
export function ask(base: string, path: string, question: Question = {}): Promise<Answer> {
  const { hostname, port, protocol } = new URL(base);
  if (hostname !== "127.0.0.1") throw new RangeError(`tests ask 127.0.0.1 only, not ${hostname}`);
  const { method = "GET", headers = {}, body, trust, trustedName = "medassist.test", trustAny = false } = question;
  const options = {
    host: hostname,
    port,
    path,
    method,
    headers: {
      connection: "close",
      ...headers,
      ...(body ? { "content-length": String(Buffer.byteLength(body)) } : {}),
    },
    timeout: 20_000,
    ...(trust ? { ca: trust, servername: trustedName } : {}),
    rejectUnauthorized: !trustAny,
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const call = (protocol === "https:" ? https : http)(options, (response) => {
      const certificate =
        protocol === "https:" ? (response.socket as TLSSocket).getPeerCertificate().fingerprint256 : undefined;
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, certificate }),
      );
      response.on("error", reject);
    });
    call.on("timeout", () => call.destroy(new Error(`${base}${path}: no answer within 20 s`)));
    call.on("error", reject);
    call.end(body);
  });
}

export interface Payment {
  readonly id: string;
  readonly patient: string;
  readonly amount: number;
}

export const order = { patient: "p-e2e", consultation: "c-e2e", amount: 2500, currency: "EUR" } as const;

/** Makes a payment. */
export function pay(base: string, key: string, what: object = order, trust?: string): Promise<Answer> {
  return ask(base, "/api/payment", {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(what),
    ...(trust ? { trust } : {}),
  });
}

/** The id of the payment in an answer. @throws with the answer if it is none */
export function paymentId(answer: Answer): string {
  if (answer.status !== 201 && answer.status !== 200) throw new Error(`no payment: ${answer.status} ${answer.body}`);
  return (JSON.parse(answer.body) as Payment).id;
}

/** Looks again and again, for a bounded time, until the condition holds. @throws if it never does */
export async function until(what: string, holds: () => Promise<boolean> | boolean, withinSeconds = 60): Promise<void> {
  const end = Date.now() + withinSeconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${withinSeconds} s: ${what}`);
    await sleep(200);
  }
}
