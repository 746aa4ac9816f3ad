/** Requests to others, each with a limit of time and of size. */
import http from "node:http";
import https from "node:https";

export type Method = "GET" | "PUT" | "POST" | "DELETE";

export interface Outgoing {
  readonly method: Method;
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

/**
 * Sends over connections that are kept. Redirects are not followed. Rejects if there is no complete answer within the limits.
 * @param authority certificates in PEM; only servers that one of them vouches for are spoken to by https
 */
export function createSend(authority: string): { readonly send: Send; readonly close: () => void } {
  const kept = { keepAlive: true, maxSockets: 4, maxFreeSockets: 2 };
  const agents = { http: new http.Agent(kept), https: new https.Agent({ ...kept, ca: authority }) };
  const send: Send = ({ method, url, headers = {}, body }, limits) =>
    new Promise((resolve, reject) => {
      const secure = url.startsWith("https:");
      const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
      const request = (secure ? https : http).request(
        url,
        {
          method,
          headers: { ...headers, ...length },
          agent: secure ? agents.https : agents.http,
          signal: AbortSignal.timeout(limits.time),
        },
        (response) => {
          const parts: Buffer[] = [];
          let size = 0;
          response.on("data", (part: Buffer) => {
            size += part.length;
            if (size > limits.size) response.destroy(new Error("the answer is too large"));
            else parts.push(part);
          });
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }),
          );
          response.on("error", reject);
        },
      );
      request.on("error", reject);
      request.end(body);
    });
  const close = (): void => {
    agents.http.destroy();
    agents.https.destroy();
  };
  return { send, close };
}
