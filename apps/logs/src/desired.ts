/** What the store shall be like: the file that configs/elasticsearch.ts renders. Times in seconds there, milliseconds here. */

export interface Role {
  readonly cluster: readonly string[];
  readonly indices: readonly { readonly names: readonly string[]; readonly privileges: readonly string[] }[];
  readonly applications: readonly {
    readonly application: string;
    readonly privileges: readonly string[];
    readonly resources: readonly string[];
  }[];
}

export interface User {
  readonly name: string;
  readonly roles: readonly string[];
  readonly what: string;
}

export interface Template {
  readonly index_patterns: readonly string[];
  readonly priority: number;
  readonly data_stream: object;
  readonly template: { readonly settings: object; readonly mappings: object };
}

export interface Stream {
  readonly name: string;
  /** Of the limit: whoever is over it loses its oldest lines first. */
  readonly share: number;
  readonly template: Template;
}

export interface Retention {
  /** How often is looked, milliseconds. */
  readonly check: number;
  readonly ceilingBytes: number;
  readonly limitBytes: number;
  readonly rolloverBytes: number;
  readonly rolloverAge: number;
  /** After the last line was written to a backing index, milliseconds. */
  readonly keptFor: number;
}

/** Free disk that is needed: the unused share, but never more than `atMostBytes`. */
export interface Watermark {
  readonly used: number;
  readonly atMostBytes: number;
}

export interface Desired {
  readonly admin: string;
  readonly reader: string;
  readonly roles: Readonly<Record<string, Role>>;
  readonly users: readonly User[];
  readonly builtInUsers: readonly string[];
  readonly lines: string;
  readonly failed: string;
  readonly streams: readonly Stream[];
  readonly retention: Retention;
  readonly disk: { readonly high: Watermark; readonly flood: Watermark };
  readonly talkative: readonly string[];
}

/** Names of everything end up in paths: these need no escaping. */
const plainName = /^[a-z][a-z0-9_-]{0,62}$/;

/** @throws Error naming the member that is not what it must be */
export function parseDesired(text: string): Desired {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("must be JSON");
  }
  const root = object(value, "");
  const retention = object(root.retention, "retention");
  const disk = object(root.disk, "disk");
  const milliseconds = (name: string): number => positive(retention[name], `retention.${name}`) * 1000;
  const bytes = (name: string): number => positive(retention[name], `retention.${name}`);
  const desired: Desired = {
    admin: name(root.admin, "admin"),
    reader: name(root.reader, "reader"),
    roles: Object.fromEntries(
      Object.entries(object(root.roles, "roles")).map(([key, role]) => [
        name(key, "roles"),
        readRole(role, `roles.${key}`),
      ]),
    ),
    users: list(root.users, "users").map((user, index) => readUser(user, `users[${index}]`)),
    builtInUsers: names(root.builtInUsers, "builtInUsers"),
    lines: name(root.lines, "lines"),
    failed: name(root.failed, "failed"),
    streams: list(root.streams, "streams").map((stream, index) => readStream(stream, `streams[${index}]`)),
    retention: {
      check: milliseconds("check"),
      ceilingBytes: bytes("ceilingBytes"),
      limitBytes: bytes("limitBytes"),
      rolloverBytes: bytes("rolloverBytes"),
      rolloverAge: milliseconds("rolloverAge"),
      keptFor: milliseconds("keptFor"),
    },
    disk: { high: readWatermark(disk.high, "disk.high"), flood: readWatermark(disk.flood, "disk.flood") },
    talkative: texts(root.talkative, "talkative"),
  };
  checkNames(desired);
  return desired;
}

/** Everybody whose password is needed. */
export function accounts({ admin, users, builtInUsers }: Desired): string[] {
  return [admin, ...users.map((user) => user.name), ...builtInUsers];
}

function checkNames({ reader, users, roles, lines, failed, streams, retention }: Desired): void {
  const known = streams.map((stream) => stream.name);
  for (const [path, stream] of Object.entries({ lines, failed }))
    if (!known.includes(stream)) throw new Error(`${path} must be one of the streams`);
  if (!users.some((user) => user.name === reader)) throw new Error("reader must be one of the users");
  for (const user of users)
    for (const role of user.roles)
      if (!(role in roles)) throw new Error(`users: ${user.name} has an unknown role ${role}`);
  if (retention.limitBytes > retention.ceilingBytes) throw new Error("retention.limitBytes is above the ceiling");
  const shares = streams.reduce((sum, stream) => sum + stream.share, 0);
  // Else all could be over the limit while none is over its share.
  if (Math.abs(shares - 1) > 1e-9) throw new Error("streams: the shares must make 1");
}

function readRole(value: unknown, path: string): Role {
  const role = object(value, path);
  return {
    cluster: texts(role.cluster, `${path}.cluster`),
    indices: list(role.indices, `${path}.indices`).map((entry, index) => {
      const at = `${path}.indices[${index}]`;
      const rights = object(entry, at);
      return { names: texts(rights.names, `${at}.names`), privileges: texts(rights.privileges, `${at}.privileges`) };
    }),
    applications: list(role.applications ?? [], `${path}.applications`).map((entry, index) => {
      const at = `${path}.applications[${index}]`;
      const rights = object(entry, at);
      return {
        application: text(rights.application, `${at}.application`),
        privileges: texts(rights.privileges, `${at}.privileges`),
        resources: texts(rights.resources, `${at}.resources`),
      };
    }),
  };
}

function readUser(value: unknown, path: string): User {
  const user = object(value, path);
  return {
    name: name(user.name, `${path}.name`),
    roles: names(user.roles, `${path}.roles`),
    what: text(user.what, `${path}.what`),
  };
}

function readStream(value: unknown, path: string): Stream {
  const stream = object(value, path);
  const given = object(stream.template, `${path}.template`);
  const template = object(given.template, `${path}.template.template`);
  return {
    name: name(stream.name, `${path}.name`),
    share: positive(stream.share, `${path}.share`),
    template: {
      index_patterns: texts(given.index_patterns, `${path}.template.index_patterns`),
      priority: positive(given.priority, `${path}.template.priority`),
      data_stream: object(given.data_stream, `${path}.template.data_stream`),
      template: {
        settings: object(template.settings, `${path}.template.template.settings`),
        mappings: object(template.mappings, `${path}.template.template.mappings`),
      },
    },
  };
}

function readWatermark(value: unknown, path: string): Watermark {
  const { used, atMostBytes } = object(value, path);
  return { used: positive(used, `${path}.used`), atMostBytes: positive(atMostBytes, `${path}.atMostBytes`) };
}

function object(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${path || "it"} must be an object`);
  return value as Record<string, unknown>;
}
function list(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${path} must be a list`);
  return value;
}
function text(value: unknown, path: string): string {
  if (typeof value !== "string" || value === "") throw new Error(`${path} must be a text`);
  return value;
}
const texts = (value: unknown, path: string): string[] => list(value, path).map((entry) => text(entry, path));
function name(value: unknown, path: string): string {
  const found = text(value, path);
  if (!plainName.test(found)) throw new Error(`${path} must match ${plainName.source}`);
  return found;
}
const names = (value: unknown, path: string): string[] => list(value, path).map((entry) => name(entry, path));
function positive(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0)
    throw new Error(`${path} must be a number above 0`);
  return value;
}
