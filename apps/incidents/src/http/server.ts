/** The HTTP server: finds the route, lets it answer, and makes a problem document of whatever it throws. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { errorKind, type Logger } from "../logger";
import { Problem, problemType } from "../problem";

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: "GET" | "POST";
  /** Matches the whole path; groups are handed to `answer`. */
  readonly path: RegExp;
  readonly answer: (request: IncomingMessage, url: URL, groups: readonly string[]) => Reply | Promise<Reply>;
}

const safety = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** Not listening yet. */
export function createHttpServer(routes: readonly Route[], log: Logger): Server {
  const server = createServer(
    { requestTimeout: 15_000, headersTimeout: 10_000, keepAliveTimeout: 75_000 },
    (request, response) => {
      void respond(routes, log, request, response);
    },
  );
  server.maxConnections = 200;
  return server;
}

async function respond(
  routes: readonly Route[],
  log: Logger,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let reply: Reply;
  try {
    reply = await answer(routes, request);
  } catch (error) {
    if (!(error instanceof Problem)) log("error", "a request failed", { reason: errorKind(error) });
    reply = problemReply(error instanceof Problem ? error : internal);
  }
  // The sender went away.
  if (response.destroyed) return;
  response.on("error", () => undefined);
  const { status, type, body, headers } = reply;
  const length = { "content-type": type, "content-length": String(Buffer.byteLength(body)) };
  // A body that nobody read would have to be read before the next request on this connection.
  const close = request.complete || request.method !== "POST" ? {} : { connection: "close" };
  response.writeHead(status, { ...safety, ...length, ...close, ...headers });
  response.end(request.method === "HEAD" ? undefined : body);
}

async function answer(routes: readonly Route[], request: IncomingMessage): Promise<Reply> {
  const url = parseTarget(request.url ?? "/");
  const here = routes.filter((route) => route.path.test(url.pathname));
  if (here.length === 0)
    throw new Problem({
      status: 404,
      slug: "not-found",
      title: "Not found",
      detail: "There is nothing at this path.",
      field: "path",
    });
  const method = request.method === "HEAD" ? "GET" : request.method;
  const route = here.find((candidate) => candidate.method === method);
  if (!route)
    throw new Problem({
      status: 405,
      slug: "method-not-allowed",
      title: "Method not allowed",
      detail: "This path does not take this method.",
      field: "method",
      headers: { allow: here.map((other) => (other.method === "GET" ? "GET, HEAD" : other.method)).join(", ") },
    });
  return route.answer(request, url, (route.path.exec(url.pathname) ?? []).slice(1));
}

function parseTarget(target: string): URL {
  const base = "http://incidents.invalid";
  // A target that begins with // would be read as another host's.
  if (!target.startsWith("/") || !URL.canParse(base + target))
    throw new Problem({
      status: 400,
      slug: "malformed",
      title: "Malformed request",
      detail: "Not a path.",
      field: "path",
    });
  return new URL(base + target);
}

const internal = new Problem({
  status: 500,
  slug: "internal-error",
  title: "Internal error",
  detail: "The request failed on our side.",
});

function problemReply(problem: Problem): Reply {
  return { status: problem.status, type: problemType, body: problem.body(), headers: problem.headers };
}
