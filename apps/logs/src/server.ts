/** What others may ask: all of it is for whoever is in the network, none of it is secret. */
import { createServer, type Server } from "node:http";
import { metricsType } from "./metrics";

export interface Answers {
  readonly metrics: () => string;
  /** What is not as it should be. */
  readonly problems: () => readonly string[];
}

interface Reply {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

/** Not listening yet. */
export function createHttpServer(answers: Answers): Server {
  const server = createServer(
    { requestTimeout: 15_000, headersTimeout: 10_000, keepAliveTimeout: 75_000 },
    (request, response) => {
      const { status, type = "text/plain; charset=utf-8", body } = reply(answers, request.method, request.url);
      const closing = request.method === "GET" || request.method === "HEAD" ? {} : { connection: "close" };
      response.on("error", () => undefined);
      response.writeHead(status, {
        "content-type": type,
        "content-length": String(Buffer.byteLength(body)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        ...(status === 405 ? { allow: "GET, HEAD" } : {}),
        ...closing,
      });
      response.end(request.method === "HEAD" ? undefined : body);
    },
  );
  server.maxConnections = 50;
  return server;
}

function reply({ metrics, problems }: Answers, method = "GET", url = "/"): Reply {
  const path = url.split("?")[0];
  if (path !== "/healthz" && path !== "/ready" && path !== "/metrics") return { status: 404, body: "not found\n" };
  if (method !== "GET" && method !== "HEAD") return { status: 405, body: "only GET\n" };
  if (path === "/healthz") return { status: 200, body: "ok\n" };
  if (path === "/metrics") return { status: 200, type: metricsType, body: metrics() };
  const found = problems();
  return found.length === 0
    ? { status: 200, body: "ready\n" }
    : { status: 503, body: `${found.map((problem) => `not ready: ${problem}`).join("\n")}\n` };
}
