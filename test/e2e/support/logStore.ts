/** What a stack's Elasticsearch has, asked from outside with the reader's account. */
import { logsOutput } from "../../../scripts/logs/access";
import { ask } from "./http";
import type { TestStack } from "./testStack";

/** One line of log, as it is stored. */
export type LogDocument = Readonly<Record<string, unknown>> & { readonly message?: string };

export class LogStore {
  private constructor(
    private readonly url: string,
    private readonly authorization: string,
    private readonly ca: string,
  ) {}

  static async of(stack: TestStack): Promise<LogStore> {
    const { url, user, password, ca } = logsOutput((await stack.succeed("output", "logs")).stdout);
    return new LogStore(url, `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`, ca);
  }

  /** Sends a search to a data stream, or to several by a pattern. @returns Elasticsearch's whole answer */
  async search(body: object, streams = "filebeat-*"): Promise<{ hits: { hits: { _source: LogDocument }[] } }> {
    const answer = await ask(this.url, `/${streams}/_search`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", authorization: this.authorization },
      trust: this.ca,
      trustedName: "elasticsearch",
    });
    if (answer.status !== 200) throw new Error(`Elasticsearch: ${answer.status} ${answer.body.slice(0, 500)}`);
    return JSON.parse(answer.body);
  }

  /** The lines that match a query string (`request_id:abc`), the oldest first. */
  async find(query: string, streams = "filebeat-*"): Promise<LogDocument[]> {
    const body = { query: { query_string: { query } }, size: 1000, sort: [{ "@timestamp": "asc" }] };
    return (await this.search(body, streams)).hits.hits.map((hit) => hit._source);
  }
}
