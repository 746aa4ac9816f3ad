/** As much of Elasticsearch as the keeper asks of it, in memory. */
import type { Answer } from "../src/outgoing";
import { FakeNetwork, failure, json, MiB } from "./samples";

interface FakeIndex {
  created: number;
  documents: number;
  bytes: number;
  blocked: boolean;
  settings: object;
  mappings: object;
}

type Body = Readonly<Record<string, unknown>>;

const exception = (status: number, type: string, reason = type): Answer =>
  json(status, { error: { type, reason }, status });

export class FakeStore {
  /** Undefined: it cannot be reached, with this code. */
  down: string | undefined;
  /** 503 on everything, as while it starts. */
  starting = false;
  health = "green";
  /** What it is once the server was asked to try again. */
  afterReroute = "red";
  /** Answers by path that are given once, before anything else. */
  readonly once = new Map<string, Answer>();
  readonly passwords = new Map([["boss", "b"]]);
  readonly roles = new Map<string, object>();
  readonly users = new Map<string, Record<string, unknown>>([
    ["kibana_system", { roles: ["kibana_system"], enabled: true }],
  ]);
  readonly templates = new Map<string, { template?: { settings?: object; mappings?: object } }>();
  readonly streams = new Map<string, string[]>();
  readonly indices = new Map<string, FakeIndex>();
  disk = { total: MiB(100_000), available: MiB(50_000) };
  /** What searches find, by stream. */
  hits: { canary: string }[] = [];
  services: object[] = [];
  failed = 0;
  shipper: object | undefined = { libbeat: { output: { events: { acked: 7 } } } };
  private generation = 0;

  constructor(private readonly now: () => number) {}

  readonly network = new FakeNetwork((request) => {
    const { method, path, user, password, url } = request;
    if (url.startsWith("http://shipper")) {
      if (this.shipper === undefined) throw failure("ECONNREFUSED");
      return json(200, this.shipper);
    }
    if (this.down !== undefined) throw failure(this.down);
    if (this.starting) return exception(503, "unavailable_shards_exception");
    if (this.passwords.get(user) !== password) return exception(401, "security_exception", "unable to authenticate");
    const given = this.once.get(`${method} ${path}`);
    this.once.delete(`${method} ${path}`);
    const body = request.body === undefined ? {} : (JSON.parse(request.body) as Body);
    return given ?? this.answer(method, path.replace(/\?.*/, ""), body);
  });

  /** What changed something, in the order in which it was asked. */
  changes(): string[] {
    return this.network.asked
      .filter(({ method, path }) => method !== "GET" && !/_(search|count)$/.test(path))
      .map(({ method, path }) => `${method} ${path}`);
  }

  private answer(method: string, path: string, body: Body): Answer {
    const [first = "", second = "", third = "", fourth = ""] = path.slice(1).split("/");
    if (second === "reroute") this.health = this.afterReroute;
    if (first === "_cluster") return json(200, { status: this.health, acknowledged: true });
    if (first === "_security" && second === "_authenticate") return json(200, {});
    if (first === "_security") return this.security(method, second, third, fourth, body);
    if (first === "_index_template")
      return this.table(method, this.templates, second, body, (name, value) => ({
        index_templates: [{ name, index_template: value }],
      }));
    if (first === "_data_stream") return this.stream(method, second);
    if (first === "_nodes") return json(200, { nodes: { n: { fs: { total: this.diskFigures() } } } });
    if (second === "_rollover") {
      const old_index = this.streams.get(first)?.at(-1);
      return json(200, { acknowledged: true, old_index, new_index: this.begin(first) });
    }
    if (second === "_flush") return json(200, { _shards: { failed: 0 } });
    if (second === "_search") return this.search();
    if (second === "_count") return json(200, { count: this.failed });
    if (method === "DELETE") return this.remove(first);
    return this.ofIndices(method, first, second);
  }

  private security(method: string, kind: string, name: string, what: string, body: Body): Answer {
    if (what === "_password") return this.password(name, body);
    if (what === "_enable") {
      this.users.set(name, { ...this.users.get(name), enabled: true });
      return json(200, {});
    }
    if (kind === "role") return this.table(method, this.roles, name, body, (key, value) => ({ [key]: value }));
    if (method === "PUT") this.password(name, body);
    return this.table(method, this.users, name, { enabled: true, ...body }, (key, value) => ({
      [key]: value,
    }));
  }

  private password(name: string, { password }: Body): Answer {
    this.passwords.set(name, String(password));
    return json(200, {});
  }

  private table<T extends object>(
    method: string,
    table: Map<string, T>,
    name: string,
    body: Body,
    show: (name: string, value: T) => object,
  ): Answer {
    if (method === "PUT") {
      table.set(name, body as T);
      return json(200, { acknowledged: true });
    }
    const found = table.get(name);
    return found ? json(200, show(name, found)) : exception(404, "resource_not_found_exception");
  }

  private stream(method: string, name: string): Answer {
    if (method === "PUT") {
      this.streams.set(name, []);
      this.begin(name);
      return json(200, { acknowledged: true });
    }
    const indices = this.streams.get(name);
    if (!indices) return exception(404, "index_not_found_exception");
    return json(200, { data_streams: [{ name, indices: indices.map((index_name) => ({ index_name })) }] });
  }

  /** A new index at the end of a stream, as its template says. */
  begin(stream: string): string {
    const name = `.ds-${stream}-${String(++this.generation).padStart(6, "0")}`;
    const { settings = {}, mappings = {} } = this.templates.get(stream)?.template ?? {};
    this.indices.set(name, { created: this.now(), documents: 0, bytes: 300, blocked: false, settings, mappings });
    this.streams.get(stream)?.push(name);
    return name;
  }

  private remove(name: string): Answer {
    for (const indices of this.streams.values()) {
      if (indices.at(-1) === name) return exception(400, "illegal_argument_exception", "it is the write index");
      if (indices.includes(name)) indices.splice(indices.indexOf(name), 1);
    }
    this.disk = { ...this.disk, available: this.disk.available + (this.indices.get(name)?.bytes ?? 0) };
    this.indices.delete(name);
    return json(200, { acknowledged: true });
  }

  private ofIndices(method: string, names: string, what: string): Answer {
    const found = names.split(",").flatMap((name) => this.streams.get(name) ?? [name]);
    const all = (show: (index: FakeIndex) => object): object =>
      Object.fromEntries(
        found.map((name) => [name, show(this.indices.get(name) ?? ({ settings: {} } as unknown as FakeIndex))]),
      );
    if (what === "_mapping")
      return json(
        200,
        all(({ mappings }) => ({ mappings })),
      );
    if (what === "_stats")
      return json(200, {
        indices: all(({ documents, bytes }) => ({
          total: { docs: { count: documents }, store: { size_in_bytes: bytes }, translog: { size_in_bytes: 0 } },
        })),
      });
    if (method === "PUT") {
      for (const name of found) {
        const index = this.indices.get(name);
        if (index) index.blocked = false;
      }
      return json(200, { acknowledged: true });
    }
    return json(
      200,
      all(({ created, blocked, settings }) => ({
        settings: {
          ...settings,
          "index.creation_date": String(created),
          ...(blocked ? { "index.blocks.read_only_allow_delete": "true" } : {}),
        },
      })),
    );
  }

  private search(): Answer {
    return json(200, {
      _shards: { failed: 0 },
      hits: { hits: this.hits.map((_source) => ({ _source })) },
      aggregations: { services: { buckets: this.services } },
    });
  }

  private diskFigures(): object {
    return { total_in_bytes: this.disk.total, available_in_bytes: this.disk.available };
  }
}
