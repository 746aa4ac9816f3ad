/** Requests to others, each with a limit of time and of size. */
import http from "node:http";
import https from "node:https";

export interface Outgoing {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Limits {
  /** For everything from the connection to the last byte, milliseconds. */
  readonly time: number;
  /** Of the answer's body, bytes. */
  readonly size: number;
}

export type Send = (request: Outgoing, limits: Limits) => Promise<Answer>;

/** Redirects are not followed. Rejects if there is no complete answer within the limits. */
export const send: Send = ({ method, url, headers = {}, body }, limits) =>
  new Promise((resolve, reject) => {
    const client = url.startsWith("https:") ? https : http;
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const request = client.request(
      url,
      { method, headers: { ...headers, ...length }, agent: false, signal: AbortSignal.timeout(limits.time) },
      (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on("data", (part: Buffer) => {
          size += part.length;
          if (size > limits.size) response.destroy(new Error("the answer is too large"));
          else parts.push(part);
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
        response.on("error", reject);
      },
    );
    request.on("error", reject);
    request.end(body);
  });

/** The JSON that a GET answers with. Rejects on any status but 200, and on what is not JSON. */
export async function getJson(send: Send, url: string, limits: Limits): Promise<unknown> {
  const { status, body } = await send({ method: "GET", url, headers: { accept: "application/json" } }, limits);
  if (status !== 200) throw Object.assign(new Error(`status ${status}`), { code: `HTTP_${status}` });
  return JSON.parse(body);
}
