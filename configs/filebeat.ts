/** Filebeat's two files: what it reads and how, and where it sends it (a secret). What it makes of a line is in `logs/pipeline`. */
import { logStreams } from "./logs/streams";
import { ports } from "./ports";
import type { LogSource } from "./roles";
import { yaml } from "./rules";
import { type Duration, KiB, milliseconds, minutes, type Size, seconds } from "./units";

/** Where the engine keeps what containers say, on the host and, read-only, in Filebeat's container. */
export const containersFolder = "/var/lib/docker/containers";

/** Where Filebeat finds the database's slow log: the folder is a volume that the two share. */
export const slowLogMount = "/var/log/mysql";

/** Names of the files: the first two stand side by side, the third is a secret. */
export const configFile = "filebeat.yml";
export const pipelineFile = "pipeline.js";
export const outputFile = "output.yml";

/** How quick Filebeat is. What a person waits for a line is the sum of these and Elasticsearch's refresh. */
export const filebeatTiming = {
  /** A new container or a rotated file is noticed within this. */
  scan: seconds(1),
  /** A file that had nothing new is asked again after this, and after twice as long each time, up to `idle`. */
  eager: milliseconds(250),
  idle: milliseconds(500),
  /** A trace is complete when nothing has followed for this long. */
  trace: milliseconds(500),
  /** A file without new lines is closed after this; the disk of a deleted one is free only then. */
  close: minutes(5),
  /** Elasticsearch is asked again after at most this. */
  retry: seconds(10),
} as const;

/** Longest line that is kept whole; the rest of it is cut off. Elasticsearch's own limit of a document is far above. */
export const longestLine: Size = KiB(64);

/**
 * Lines that belong to a trace rather than standing for themselves: indented ones, those that Python puts between, and
 * the name of an exception. Only they wait for `filebeatTiming.trace`.
 */
export const traceLine = [
  String.raw`^\s`,
  String.raw`^Traceback \(most recent call last\):`,
  "^During handling of the above exception",
  "^The above exception was the direct cause",
  String.raw`^[A-Za-z_][\w.$]*(Error|Exception|Warning|Interrupt|Exit|Iteration|Timeout|Failure)(: |$|\n)`,
  "^Caused by: ",
  String.raw`^goroutine \d+ \[`,
].join("|");

export interface FilebeatInput {
  readonly stack: string;
  readonly sources: readonly LogSource[];
  /** Services whose lines may hold statements of SQL. */
  readonly sqlServices: readonly string[];
  /** The database's log of slow statements, a file of its own. */
  readonly slowLog: { readonly service: string; readonly path: string };
  /** Most disk for lines that Elasticsearch has not taken yet. */
  readonly queueDisk: Size;
}

/** The text of filebeat.yml. */
export function renderFilebeat({ stack, sources, sqlServices, slowLog, queueDisk }: FilebeatInput): string {
  const t = filebeatTiming;
  return yaml({
    "filebeat.inputs": [
      {
        ...reader("containers"),
        // Rotated ones too: what was written right before a rotation is read from there.
        paths: [`${containersFolder}/*/*-json.log*`],
        parsers: [
          { container: { stream: "all", format: "docker" } },
          { multiline: { type: "while_pattern", pattern: traceLine, timeout: go(t.trace) } },
        ],
      },
      {
        ...reader("slow-log"),
        paths: [slowLog.path],
        parsers: [
          {
            multiline: {
              type: "pattern",
              pattern: "^# User@Host: ",
              negate: true,
              match: "after",
              timeout: go(t.trace),
            },
          },
        ],
      },
    ],
    processors: [
      {
        script: {
          lang: "javascript",
          tag: "pipeline",
          file: pipelineFile,
          params: {
            stack,
            json: sources.filter((s) => s.format === "json").map((s) => s.service),
            sql: sqlServices,
            slow: slowLog,
          },
          // Each is a whole interpreter: two for the lines, two more while long ones are on their way.
          max_cached_sessions: 4,
          only_cached_sessions: true,
        },
      },
    ],
    // Lines are in the registry once they are in the queue, and in the queue until Elasticsearch has them.
    "queue.disk": { max_size: `${queueDisk.mebibytes}MiB` },
    "setup.template.enabled": false,
    "setup.ilm.enabled": false,
    http: { enabled: true, host: "0.0.0.0", port: ports.filebeat },
    logging: {
      to_stderr: true,
      level: "info",
      "metrics.enabled": false,
      // Refused documents, which the pipeline has cleaned; they stand in the failure stream as well.
      event_data: { files: { path: `${dataFolder}/events`, rotateeverybytes: 1_048_576, keepfiles: 2 } },
    },
    "path.data": dataFolder,
    "path.logs": dataFolder,
  });
}

/** How files are read, whoever writes them. */
const reader = (id: string) => ({
  type: "filestream",
  id,
  // Beginnings of files of two quiet containers can be the same, so a file is known by its inode.
  "file_identity.native": null,
  "prospector.scanner": { check_interval: go(filebeatTiming.scan), "fingerprint.enabled": false },
  backoff: { init: go(filebeatTiming.eager), max: go(filebeatTiming.idle) },
  // The last lines of a removed container are still read: its file is open.
  "close.on_state_change": { inactive: go(filebeatTiming.close), removed: false, renamed: false },
  clean_removed: true,
  message_max_bytes: longestLine.bytes,
  "publisher_pipeline.disable_host": true,
});

/** Folders in which the two sets of files stand. */
export interface FilebeatFolders {
  readonly config: string;
  readonly secrets: string;
}

/** Filebeat's arguments. */
export const filebeatCommand = ({ config, secrets }: FilebeatFolders): string[] => [
  "--strict.perms=false",
  ...["--path.config", config],
  ...["-c", `${config}/${configFile}`],
  ...["-c", `${secrets}/${outputFile}`],
];

/** The check of the files; it compiles the pipeline, too. It keeps its own data out of the volume. */
export const filebeatCheck = (folders: FilebeatFolders): string[] => [
  ...["filebeat", "test", "config", "--path.data", "/tmp", "-E", "logging.level=error"],
  ...filebeatCommand(folders),
];

/** Registry and queue of the image; it must be a volume. */
export const dataFolder = "/usr/share/filebeat/data";

export interface FilebeatOutput {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Path of the certificate of the authority that signed Elasticsearch's. */
  readonly authorityFile: string;
}

/** The text of output.yml. It holds a password: deliver it as a secret. */
export function renderFilebeatOutput({ host, port, user, password, authorityFile }: FilebeatOutput): string {
  return yaml({
    "output.elasticsearch": {
      hosts: [`https://${host}:${port}`],
      username: user,
      password,
      ssl: { certificate_authorities: [authorityFile], verification_mode: "full" },
      index: logStreams.logs.name,
      // A document that does not fit the mapping is kept as text, and counted.
      "non_indexable_policy.dead_letter_index.index": logStreams.failed.name,
      worker: 1,
      bulk_max_size: 1000,
      // Both are on the same host.
      compression_level: 0,
      backoff: { init: "1s", max: go(filebeatTiming.retry) },
    },
  });
}

/** The parts of the pipeline (configs/logs/pipeline), in the order in which they are joined. */
export const pipelineParts = ["redact.js", "text.js", "slow.js", "process.js"] as const;

/**
 * The text of pipeline.js: one program, since Filebeat's script processor knows no modules.
 * @param partOf text of a part
 */
export const renderPipeline = (partOf: (part: (typeof pipelineParts)[number]) => string): string =>
  pipelineParts.map(partOf).join("\n");

const go = (duration: Duration): string => duration.toGo();
