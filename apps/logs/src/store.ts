/** Elasticsearch over its HTTP API. */
import type { Limits, Method, Send } from "./outgoing";
import { noAnswer, refusal, Trouble } from "./trouble";

export interface StoreOptions {
  /** Without a slash at its end. */
  readonly url: string;
  /** Where the authority's certificate is, for the words of a failure. */
  readonly caFile: string;
  readonly admin: string;
  /** By user. */
  readonly passwords: Readonly<Record<string, string>>;
  readonly send: Send;
}

export type Json = Readonly<Record<string, unknown>>;

/** Elasticsearch itself waits up to 30 s for some changes; an answer of a hundred indices has some 100 KB. */
const limits: Limits = { time: 35_000, size: 4 * 1024 * 1024 };

export class Store {
  constructor(private readonly options: StoreOptions) {}

  passwordOf(user: string): string {
    return this.options.passwords[user] ?? "";
  }

  /** @throws Trouble */
  async get(path: string): Promise<Json> {
    return this.ask("GET", path);
  }

  /** What is at the path, or undefined if there is nothing. @throws Trouble */
  async find(path: string): Promise<Json | undefined> {
    try {
      return await this.get(path);
    } catch (error) {
      if (error instanceof Trouble && error.kind === "missing") return undefined;
      throw error;
    }
  }

  /** @throws Trouble also when it is not acknowledged */
  async change(method: Method, path: string, body?: object): Promise<Json> {
    const answer = await this.ask(method, path, body);
    if (answer.acknowledged === false || answer.errors === true)
      throw new Trouble("refused", `Elasticsearch did not confirm ${method} ${path}`);
    return answer;
  }

  /** A search by somebody with fewer rights than the admin. @throws Trouble */
  async search(user: string, path: string, body: object): Promise<Json> {
    const answer = await this.ask("POST", path, body, user);
    const shards = answer._shards as { failed?: unknown } | undefined;
    if (answer.timed_out === true || (typeof shards?.failed === "number" && shards.failed > 0))
      throw new Trouble("refused", `Elasticsearch answers ${path} only in part`);
    return answer;
  }

  /** Whether a user can log in with the password that it should have. @throws Trouble */
  async accepts(user: string): Promise<boolean> {
    const { status, body } = await this.request("GET", "/_security/_authenticate", undefined, user);
    if (status === 401) return false;
    if (status !== 200) throw refusal({ status, user, what: "GET /_security/_authenticate", body });
    return true;
  }

  private async ask(method: Method, path: string, body?: object, user = this.options.admin): Promise<Json> {
    const { status, body: text } = await this.request(method, path, body, user);
    if (status < 200 || status > 299) throw refusal({ status, user, what: `${method} ${path}`, body: text });
    try {
      const answer: unknown = JSON.parse(text);
      if (typeof answer === "object" && answer !== null && !Array.isArray(answer)) return answer as Json;
    } catch {
      // Told below.
    }
    throw new Trouble("refused", `What answers at ${this.options.url}${path} is not Elasticsearch`);
  }

  private async request(method: Method, path: string, body: object | undefined, user: string) {
    const { url, caFile, send } = this.options;
    const login = Buffer.from(`${user}:${this.passwordOf(user)}`).toString("base64");
    const headers = { authorization: `Basic ${login}`, accept: "application/json" };
    try {
      return await send(
        {
          method,
          url: url + path,
          ...(body === undefined
            ? { headers }
            : { headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) }),
        },
        limits,
      );
    } catch (error) {
      throw noAnswer(error, url, caFile);
    }
  }
}
