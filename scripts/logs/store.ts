/** Elasticsearch over HTTPS, asked with the reader's password; what goes wrong is told in words. */
import { Agent, request } from "node:https";
import { elasticsearchHost } from "../../configs/elasticsearch";
import { SetupError } from "../setup/errors";
import type { LogsAccess } from "./access";
import type { Answer, Search } from "./reader";

/** It may be back in a moment. Everything else that goes wrong stays wrong. */
export class StoreAway extends SetupError {}
/** For half a second after its start, the server knows nobody whom it keeps in an index of its own. */
export class NotKnown extends SetupError {}

export interface LogStore {
  readonly search: Search;
  /** Gives up what is under way. */
  close(): void;
}

/** Milliseconds without an answer after which there will be none. */
const patience = 30_000;

export function openStore(access: LogsAccess, stack: string): LogStore {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const base = new URL(access.url);
  const options = {
    agent,
    host: base.hostname,
    port: base.port,
    ca: access.ca,
    // The certificate is for the name by which containers call it.
    servername: elasticsearchHost,
    method: "POST",
    auth: `${access.user}:${access.password}`,
    timeout: patience,
  };
  const ask = (path: string, text: string): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
      const call = request({ ...options, path, headers }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
        response.on("error", reject);
      });
      call.on("timeout", () => call.destroy(new Error(`no answer within ${patience / 1000} s`)));
      call.on("error", reject);
      call.end(text);
    });
  return {
    search: async (streams, body) => {
      const { status, body: text } = await ask(
        `/${streams}/_search?allow_partial_search_results=false`,
        JSON.stringify(body),
      ).catch((error: Error) => {
        throw unreachable(error, access.url, stack);
      });
      if (status !== 200) throw refused(status, text, stack);
      return JSON.parse(text) as Answer;
    },
    close: () => agent.destroy(),
  };
}

/** No answer at all. */
export function unreachable(error: Error & { readonly code?: string }, url: string, stack: string): SetupError {
  const { code = "" } = error;
  if (/CERT|ALTNAME|SELF_SIGNED|VERIFY|ISSUER/.test(code)) {
    return new SetupError(
      `what answers at ${url} is not the stack's own Elasticsearch: ${error.message} (${code})`,
      "npm run status says who listens there; npm run up renews an expired certificate",
    );
  }
  // A container's port is open before its program is, and then closes each connection.
  return new StoreAway(
    `Elasticsearch does not answer at ${url} (${error.message || code})`,
    `npm run status says whether it runs, docker logs ${stack}-elasticsearch why not. Until then each service's own lines: docker logs ${stack}-api2`,
  );
}

/** An answer other than 200. */
export function refused(status: number, text: string, stack: string): SetupError {
  const keeper = `the log keeper sees to that at every moment; docker logs ${stack}-log-keeper says why it could not`;
  if (status === 401) {
    return new NotKnown(
      "Elasticsearch refuses the reader's password",
      `if it was just started, ask again; else ${keeper}`,
    );
  }
  if (status === 403) return new SetupError(`the reader may not read: ${reasonIn(text)}`, keeper);
  if (status === 404) return new SetupError(`nothing was ever stored: ${reasonIn(text)}`, keeper);
  const problem = `Elasticsearch answers ${status}: ${reasonIn(text)}`;
  if (status === 429 || status >= 500) return new StoreAway(problem, `docker logs ${stack}-elasticsearch`);
  return new SetupError(problem);
}

function reasonIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { reason?: string; root_cause?: { reason?: string }[] } };
    return error?.root_cause?.[0]?.reason ?? error?.reason ?? text.slice(0, 200);
  } catch {
    return text.slice(0, 200);
  }
}
