/** Elasticsearch's configuration, its first user, and what the log keeper makes of an empty server. */
import { renderMapping } from "./logs/fields";
import {
  deriveRetention,
  kibanaUser,
  type LogStream,
  logAdmin,
  logRoles,
  logStreams,
  logUsers,
  type Retention,
  type Role,
  retentionCheck,
  sizeAge,
  type Watermark,
  watermarks,
} from "./logs/streams";
import { ports } from "./ports";
import type { LogSource } from "./roles";
import { yaml } from "./rules";
import type { ImageSource } from "./settings";
import type { Duration, Size } from "./units";

/** Service and host name: the certificate is for it. */
export const elasticsearchHost = "elasticsearch";

export interface ElasticsearchInput {
  readonly stack: string;
  /** The image that is built here lacks the modules to which some settings belong, and refuses unknown ones. */
  readonly imageSource: ImageSource;
}

/** Names of the files that `elasticsearchCommand` puts beside elasticsearch.yml; the first four are secret. */
export const elasticsearchFiles = {
  users: "users",
  usersRoles: "users_roles",
  key: "http.key",
  certificate: "http.crt",
  config: "elasticsearch.yml",
} as const;

/** The text of elasticsearch.yml. */
export function renderElasticsearch({ stack, imageSource }: ElasticsearchInput): string {
  const modules = {
    // Nothing is looked up by address, so nothing is downloaded for it.
    "ingest.geoip.downloader.enabled": false,
  };
  return yaml({
    "cluster.name": `${stack}-logs`,
    "node.name": elasticsearchHost,
    "discovery.type": "single-node",
    "network.host": "0.0.0.0",
    "http.port": ports.elasticsearch,
    // Other nodes would come in here: there are none.
    "transport.host": "127.0.0.1",

    "xpack.license.self_generated.type": "basic",
    "xpack.security.enabled": true,
    // Passwords and certificates come from the stack: the server makes none of its own.
    "xpack.security.autoconfiguration.enabled": false,
    "xpack.security.http.ssl.enabled": true,
    "xpack.security.http.ssl.key": elasticsearchFiles.key,
    "xpack.security.http.ssl.certificate": elasticsearchFiles.certificate,
    "xpack.security.transport.ssl.enabled": false,
    "xpack.security.authc.realms.file.file1.order": 0,
    "xpack.security.authc.realms.native.native1.order": 1,
    // They take heap, and nobody uses them.
    "xpack.ml.enabled": false,
    "xpack.watcher.enabled": false,

    "action.destructive_requires_name": true,
    // The streams are made by the log keeper from their templates: a line never makes an index of its own shape.
    "action.auto_create_index": Object.values(logStreams)
      .map((stream) => `-${stream.name}`)
      .concat("*")
      .join(","),

    ...Object.fromEntries(
      Object.entries(watermarks).flatMap(([name, watermark]) => watermarkSettings(name, watermark)),
    ),
    // How often the disk is looked at: it fills faster than the 30 s by default.
    "cluster.info.update.interval": "10s",
    // A heap of 512 MiB has no room for what searches of long ago loaded: least used goes first.
    "indices.fielddata.cache.size": "5%",
    "indices.queries.cache.size": "5%",
    ...(imageSource === "registry" ? modules : {}),
  });
}

function watermarkSettings(name: string, { used, atMost }: Watermark): [string, string][] {
  const setting = `cluster.routing.allocation.disk.watermark.${name === "flood" ? "flood_stage" : name}`;
  return [
    [setting, `${used * 100}%`],
    [`${setting}.max_headroom`, bytes(atMost)],
  ];
}

const bytes = (size: Size): string => `${size.bytes}b`;

/** Files of the file realm: the one user that can log in to an empty server. Its hash is bcrypt's: deliver it as a secret. */
export const renderAdmin = (hash: string): { readonly users: string; readonly usersRoles: string } => ({
  users: `${logAdmin}:${hash}\n`,
  usersRoles: `superuser:${logAdmin}\n`,
});

/**
 * Starts the server on a configuration folder that is put together in `folder`, which `ES_PATH_CONF` names: what the image
 * brings (JVM options, logging), then the delivered files. It writes a keystore there, so it must be writable.
 */
export function elasticsearchCommand(input: {
  readonly folder: string;
  readonly config: string;
  readonly secrets: string;
}): string[] {
  const script = `umask 077 && cp -R /usr/share/elasticsearch/config/. "$1" && cp -Rf "$2"/. "$3"/. "$1" && exec /usr/local/bin/docker-entrypoint.sh eswrapper`;
  return ["sh", "-c", script, "sh", input.folder, input.config, input.secrets];
}

/** The option by which the JVM gets a heap of one size: one that grows would only find out later that there is no room. */
export const heapOptions = (heap: Size): string => `-Xms${heap.mebibytes}m -Xmx${heap.mebibytes}m`;

export interface DesiredInput {
  /** How long and how much is kept. */
  readonly retention: Duration;
  readonly disk: Size;
  /** Whose lines there are. */
  readonly sources: readonly LogSource[];
}

/** What the log keeper keeps true in the server: `DESIRED_FILE`, read by apps/logs/src/desired.ts. Times in seconds. */
export interface Desired {
  readonly admin: string;
  /** Who searches. */
  readonly reader: string;
  readonly roles: Readonly<Record<string, Role>>;
  readonly users: readonly { readonly name: string; readonly roles: readonly string[]; readonly what: string }[];
  /** The server's own users, which only get a password. */
  readonly builtInUsers: readonly string[];
  /** The stream of lines, and that of what was refused. */
  readonly lines: string;
  readonly failed: string;
  readonly streams: readonly { readonly name: string; readonly share: number; readonly template: IndexTemplate }[];
  readonly retention: {
    readonly check: number;
    readonly ceilingBytes: number;
    readonly limitBytes: number;
    readonly rolloverBytes: number;
    readonly rolloverAge: number;
    readonly keptFor: number;
  };
  readonly disk: Readonly<Record<"high" | "flood", { readonly used: number; readonly atMostBytes: number }>>;
  /** Services that say something every few minutes while all is well. */
  readonly talkative: readonly string[];
}

/** As `PUT /_index_template/<name>` takes it. */
export interface IndexTemplate {
  readonly index_patterns: readonly string[];
  readonly priority: number;
  readonly data_stream: Readonly<Record<string, never>>;
  readonly template: { readonly settings: object; readonly mappings: object };
}

export function desiredState({ retention, disk, sources }: DesiredInput): Desired {
  const derived = deriveRetention({ retention, disk });
  const watermark = ({ used, atMost }: Watermark) => ({ used, atMostBytes: atMost.bytes });
  return {
    admin: logAdmin,
    reader: logUsers.reader.name,
    roles: logRoles,
    users: Object.values(logUsers),
    builtInUsers: [kibanaUser],
    lines: logStreams.logs.name,
    failed: logStreams.failed.name,
    streams: Object.values(logStreams).map((stream) => ({
      name: stream.name,
      share: stream.share,
      template: indexTemplate(stream, derived),
    })),
    retention: {
      check: retentionCheck.seconds,
      ceilingBytes: derived.ceiling.bytes,
      limitBytes: derived.limit.bytes,
      rolloverBytes: derived.rolloverSize.bytes,
      rolloverAge: derived.rolloverAge.seconds,
      keptFor: derived.keptFor.seconds,
    },
    disk: { high: watermark(watermarks.high), flood: watermark(watermarks.flood) },
    talkative: sources.filter((source) => !source.quiet).map((source) => source.service),
  };
}

/** Above every template that the server or Filebeat may bring. */
const priority = 500;

function indexTemplate(stream: LogStream, { largestSegment, translog }: Retention): IndexTemplate {
  return {
    index_patterns: [stream.name],
    priority,
    data_stream: {},
    template: {
      settings: {
        index: {
          number_of_shards: "1",
          // There is one node: a copy would have no place.
          number_of_replicas: "0",
          // Said, since an index that nobody searches for 30 s would else be refreshed at the next search only.
          refresh_interval: "1s",
          codec: "best_compression",
          query: { default_field: ["message"] },
          // Bounds of what is on the disk beside the lines (configs/logs/streams.ts). Every line is on the disk before
          // Filebeat hears that it arrived: `durability` stays as it is.
          translog: { flush_threshold_size: bytes(translog) },
          store: { stats_refresh_interval: sizeAge.toShort() },
          merge: {
            policy: { max_merged_segment: bytes(largestSegment) },
            scheduler: { max_thread_count: "1" },
          },
        },
      },
      mappings: renderMapping(stream.fields),
    },
  };
}

/** The text of `DESIRED_FILE`. */
export const renderDesired = (input: DesiredInput): string => `${JSON.stringify(desiredState(input), null, 2)}\n`;
