/** Desired states, stores and clocks that tests make up. */
import type { Desired } from "../src/desired";
import type { Answer, Outgoing, Send } from "../src/outgoing";
import type { BackingIndex, StoreSample } from "../src/retention";
import type { Settings } from "../src/settings";

export const start = Date.parse("2026-11-25T04:00:00Z");
export const seconds = (count: number): number => count * 1000;
export const hours = (count: number): number => count * 3_600_000;
export const MiB = (count: number): number => count * 1_048_576;

const template = (name: string) => ({
  index_patterns: [name],
  priority: 500,
  data_stream: {},
  template: {
    settings: { index: { number_of_shards: "1", refresh_interval: "1s" } },
    mappings: { dynamic: false, properties: { "@timestamp": { type: "date" } } },
  },
});

/** As the file has it. */
export const wireDesired = {
  admin: "boss",
  reader: "reader",
  roles: {
    appender: {
      cluster: ["cluster:monitor/main"],
      indices: [{ names: ["lines", "refused"], privileges: ["create_doc"] }],
    },
    reading: {
      cluster: [],
      indices: [{ names: ["lines", "refused"], privileges: ["read", "view_index_metadata"] }],
      applications: [{ application: "kibana-.kibana", privileges: ["read"], resources: ["*"] }],
    },
  },
  users: [
    { name: "shipper", roles: ["appender"], what: "Appends" },
    { name: "reader", roles: ["reading"], what: "Reads" },
  ],
  builtInUsers: ["kibana_system"],
  lines: "lines",
  failed: "refused",
  streams: [
    { name: "lines", share: 0.9, template: template("lines") },
    { name: "refused", share: 0.1, template: template("refused") },
  ],
  retention: {
    check: 15,
    ceilingBytes: MiB(1000),
    limitBytes: MiB(900),
    rolloverBytes: MiB(50),
    rolloverAge: 24 * 3600,
    keptFor: 29 * 24 * 3600,
  },
  disk: { high: { used: 0.9, atMostBytes: MiB(5000) }, flood: { used: 0.95, atMostBytes: MiB(2000) } },
  talkative: ["haproxy", "log-keeper"],
};

export const desired: Desired = {
  ...wireDesired,
  roles: { appender: { ...wireDesired.roles.appender, applications: [] }, reading: wireDesired.roles.reading },
  retention: {
    ...wireDesired.retention,
    check: seconds(15),
    rolloverAge: hours(24),
    keptFor: hours(29 * 24),
  },
};

export function settings(given: Partial<Settings> = {}): Settings {
  return {
    port: 0,
    stack: "dev",
    revision: "test",
    logLevel: "debug",
    elasticsearchUrl: "https://store:9200",
    filebeatUrl: "http://shipper:5066",
    caFile: "/tls/ca.crt",
    authority: "",
    desired,
    passwords: { boss: "b", shipper: "s", reader: "r", kibana_system: "k" },
    reconcile: seconds(60),
    canary: seconds(15),
    ...given,
  };
}

export function index(name: string, given: Partial<BackingIndex> = {}): BackingIndex {
  return { name, created: start, documents: 100, bytes: MiB(10), blocked: false, ...given };
}

export function sample(
  streams: Readonly<Record<string, readonly BackingIndex[]>>,
  disk: StoreSample["disk"] = { total: MiB(100_000), available: MiB(50_000) },
): StoreSample {
  return { streams: Object.entries(streams).map(([name, indices]) => ({ name, indices })), disk };
}

/** A line of the log, as far as tests look at it. */
export interface Line {
  readonly level: string;
  readonly message: string;
  readonly done?: string;
  readonly canary?: string;
}

/** Sends to nobody: `answer` says what comes back. What it throws is a connection that failed. */
export class FakeNetwork {
  readonly asked: (Outgoing & { readonly path: string; readonly user: string; readonly password: string })[] = [];

  constructor(private readonly answer: (request: FakeNetwork["asked"][number]) => Answer) {}

  readonly send: Send = async (request) => {
    const login = Buffer.from(request.headers?.authorization?.replace("Basic ", "") ?? "", "base64").toString();
    const colon = login.indexOf(":");
    const { pathname, search } = new URL(request.url);
    const asked = {
      ...request,
      path: pathname + search,
      user: login.slice(0, colon),
      password: login.slice(colon + 1),
    };
    this.asked.push(asked);
    return this.answer(asked);
  };
}

export const failure = (code: string): Error => Object.assign(new Error("secret text"), { code });
export const json = (status: number, value: unknown): Answer => ({ status, body: JSON.stringify(value) });
