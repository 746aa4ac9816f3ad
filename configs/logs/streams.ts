/** Where log lines are kept, who may do what with them, and for how long. */

import { type Duration, GiB, hours, MiB, Size, seconds } from "../units";
import { failedFields, type LogField, logFields } from "./fields";

export interface LogStream {
  readonly name: string;
  readonly fields: readonly LogField[];
  /** Of the disk that all streams may take together: whoever takes more loses its oldest lines first. */
  readonly share: number;
}

/** Every line goes into the first; what the store refuses goes into the second, which can never push out the first. */
export const logStreams = {
  logs: { name: "filebeat-logs", fields: logFields, share: 0.9 },
  failed: { name: "failed-logs", fields: failedFields, share: 0.1 },
} as const satisfies Record<string, LogStream>;

/** The data view of the report. */
export const dataView = "filebeat-*";

/** What a role may do, in Elasticsearch's words. */
export interface Role {
  readonly cluster: readonly string[];
  readonly indices: readonly { readonly names: readonly string[]; readonly privileges: readonly string[] }[];
  readonly applications?: readonly {
    readonly application: string;
    readonly privileges: readonly string[];
    readonly resources: readonly string[];
  }[];
}

const bothStreams = Object.values(logStreams).map((stream) => stream.name);

export const logRoles = {
  /** Only new documents: nothing can be read, changed or deleted, not even what it wrote itself. */
  log_shipper: {
    // Version and licence: without them Filebeat does not begin to send.
    cluster: ["cluster:monitor/main", "cluster:monitor/xpack/license/get"],
    indices: [{ names: bothStreams, privileges: ["create_doc"] }],
  },
  log_reader: {
    // Grafana asks for the version.
    cluster: ["cluster:monitor/main"],
    // `read` is search, count and field capabilities; the other lets Grafana list the fields.
    indices: [{ names: bothStreams, privileges: ["read", "view_index_metadata"] }],
    // People who log in to Kibana as the reader see what is there, and change nothing. Elasticsearch itself ignores it.
    applications: [{ application: "kibana-.kibana", privileges: ["read"], resources: ["*"] }],
  },
  /** Health and figures of the server, no document. */
  log_metrics: { cluster: ["monitor"], indices: [] },
} as const satisfies Record<string, Role>;

/** A user that the log keeper makes, and whose password it sets. */
export interface LogUser {
  readonly name: string;
  readonly roles: readonly (keyof typeof logRoles)[];
  readonly what: string;
}

/** A superuser of the file realm, so that its password can be changed where the data exists already. */
export const logAdmin = "medassist_admin";

export const logUsers = {
  shipper: { name: "filebeat", roles: ["log_shipper"], what: "Appends log lines" },
  reader: { name: "log_reader", roles: ["log_reader"], what: "Reads log lines, for people and programs" },
  metrics: { name: "log_metrics", roles: ["log_metrics"], what: "Reads the state of the server" },
} as const satisfies Record<string, LogUser>;

/** Elasticsearch's own user for Kibana; it only gets a password. */
export const kibanaUser = "kibana_system";

/** Everybody with a password of the stack: the file of each is called like its user. */
export const logAccounts = [logAdmin, ...Object.values(logUsers).map((user) => user.name), kibanaUser] as const;
export type LogAccount = (typeof logAccounts)[number];

/** How often the log keeper looks how much there is. */
export const retentionCheck = seconds(15);

/** How old Elasticsearch's figure of what an index takes may be; it looks anew every 10 s unless told otherwise. */
export const sizeAge = seconds(1);

/**
 * How fast the store may grow at most while the ceiling is certain, per second. 1,000 lines a second is what the pipeline
 * is proven for; a new line takes at most 2 KiB (its source in the translog and again in a segment): 2 MiB, four times over.
 */
export const fastestGrowth = MiB(8);

/** The least disk for which the arithmetic of `deriveRetention` holds. */
export const leastLogDisk = MiB(512);

export interface Retention {
  /** The disk that is never exceeded, everything that belongs to the streams counted. */
  readonly ceiling: Size;
  /** Above it the oldest lines go: the rest up to the ceiling is for what comes until the next look. */
  readonly limit: Size;
  /** From this size or age on a new backing index is begun: it is the grain in which lines can be deleted. */
  readonly rolloverSize: Size;
  readonly rolloverAge: Duration;
  /** How long a backing index is kept after the last line was written to it. */
  readonly keptFor: Duration;
  /** Largest segment that is made by merging, and most that the translog keeps. */
  readonly largestSegment: Size;
  readonly translog: Size;
}

/**
 * What follows from how long and how much is kept.
 *
 * Size: every `retentionCheck` the oldest backing indices are deleted until all take at most `limit`, so that never
 *   limit + growth until the next look + merges under way <= ceiling,
 * with growth = `fastestGrowth` x (`retentionCheck` + `sizeAge`) = 128 MiB, and merges, each of which writes a copy of at most
 * `largestSegment` = rolloverSize / 4, at most one for each index that was written to lately (two, and two that were just
 * rolled over): together at most rolloverSize. So limit = ceiling - 128 MiB - rolloverSize; rolloverSize = ceiling / 20
 * makes that 5 %. For 10 GiB: 512 MiB, and 9,600 MiB are used.
 * It can always be reached, since what is being written to is at most 2 x (rolloverSize + growth): less than `limit` from
 * 452 MiB on, and 512 MiB is the least.
 *
 * Age: `rolloverAge` is a thirtieth of `retention`, in whole hours. A line is deleted at the latest
 * rolloverAge + keptFor = retention after it came (and two looks), and not before retention - rolloverAge. So there are
 * at most 20 indices by size and 31 by age in a stream: about a hundred shards, which a heap of 512 MiB carries.
 * @throws RangeError for less than `leastLogDisk` or a day
 */
export function deriveRetention({ retention, disk }: { readonly retention: Duration; readonly disk: Size }): Retention {
  if (disk.bytes < leastLogDisk.bytes)
    throw new RangeError(`log lines need at least ${leastLogDisk.mebibytes} MiB of disk, not ${disk.mebibytes}`);
  if (retention.seconds < 86_400) throw new RangeError("log lines are kept for a day at least");
  const rolloverSize = part(disk, 20);
  const growth = fastestGrowth.bytes * (retentionCheck.seconds + sizeAge.seconds);
  const rolloverAge = hours(Math.ceil(retention.seconds / 3600 / 30));
  return {
    ceiling: disk,
    limit: Size.bytes(disk.bytes - growth - rolloverSize.bytes),
    rolloverSize,
    rolloverAge,
    keptFor: seconds(retention.seconds - rolloverAge.seconds),
    largestSegment: part(rolloverSize, 4),
    translog: Size.bytes(Math.min(MiB(64).bytes, part(rolloverSize, 4).bytes)),
  };
}

const part = (size: Size, of: number): Size => Size.bytes(Math.floor(size.bytes / of));

/** Free disk below which Elasticsearch does something: a share of it, but never more than `atMost`. */
export interface Watermark {
  readonly used: number;
  readonly atMost: Size;
}

/**
 * Elasticsearch's own shares. `atMost` is ours: on a large disk that others fill too, 5 % are hundreds of GiB.
 * Above `high` no new backing index can be begun, above `flood` nothing is written any more.
 */
export const watermarks = {
  low: { used: 0.85, atMost: GiB(10) },
  high: { used: 0.9, atMost: GiB(5) },
  flood: { used: 0.95, atMost: GiB(2) },
} as const satisfies Record<string, Watermark>;
