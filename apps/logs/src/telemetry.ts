/** The keeper's metrics: what each figure means. */
import type { ServiceLines } from "./lines";
import { type Counter, type Family, renderMetrics, type Sample } from "./metrics";
import { type DeletionReason, type StoreSample, streamBytes } from "./retention";
import type { ShipperFigures } from "./shipper";

export interface Figures {
  readonly ready: boolean;
  readonly storeUp: boolean;
  /** Undefined: not known now. */
  readonly store: StoreSample | undefined;
  readonly limitBytes: number;
  readonly deleted: Counter<DeletionReason>;
  readonly services: readonly ServiceLines[];
  readonly failed: number | undefined;
  /** Milliseconds since 1970, by service. */
  readonly lastLines: ReadonlyMap<string, number>;
  readonly talkative: readonly string[];
  /** Seconds. */
  readonly canary: { readonly delivery: number; readonly lastSeen: number };
  readonly shipper: ShipperFigures | undefined;
  readonly revision: string;
  readonly started: number;
  readonly residentBytes: number;
}

const one = (value: number | undefined): Sample[] => (value === undefined ? [] : [{ value }]);
const flag = (value: boolean): Sample[] => one(value ? 1 : 0);

export function renderFigures(figures: Figures): string {
  return renderMetrics([
    ...pipelineFamilies(figures),
    ...lineFamilies(figures),
    ...storeFamilies(figures),
    ...shipperFamilies(figures.shipper),
    {
      name: "log_keeper_build_info",
      type: "gauge",
      help: "1; the labels say what runs.",
      samples: [{ labels: { revision: figures.revision, node: process.versions.node }, value: 1 }],
    },
    {
      name: "process_start_time_seconds",
      type: "gauge",
      help: "When the keeper started.",
      samples: one(figures.started / 1000),
    },
    {
      name: "process_resident_memory_bytes",
      type: "gauge",
      help: "Resident memory.",
      samples: one(figures.residentBytes),
    },
  ]);
}

function pipelineFamilies({ ready, canary }: Figures): Family[] {
  return [
    {
      name: "log_pipeline_ready",
      type: "gauge",
      help: "1 if users, roles, templates and streams are as the stack wants them and lines can be stored.",
      samples: flag(ready),
    },
    {
      name: "log_canary_delivery_seconds",
      type: "gauge",
      help: "From when the keeper wrote a test line until it found it in the store: the last one found, or the one that is waited for if that is longer.",
      samples: one(canary.delivery),
    },
    {
      name: "log_canary_last_seen_timestamp_seconds",
      type: "gauge",
      help: "When the newest test line that was found was written; until the first one, when the keeper started.",
      samples: one(canary.lastSeen),
    },
  ];
}

function lineFamilies({ services, lastLines, talkative, failed }: Figures): Family[] {
  const perService = (values: (lines: ServiceLines) => Readonly<Record<string, number>>, label: string): Sample[] =>
    services.flatMap((lines) =>
      Object.entries(values(lines)).map(([key, value]) => ({
        labels: { log_service: lines.service, [label]: key },
        value,
      })),
    );
  return [
    {
      name: "log_source_expected",
      type: "gauge",
      help: "1 for each service that says something every few minutes while all is well.",
      samples: talkative.map((service) => ({ labels: { log_service: service }, value: 1 })),
    },
    {
      name: "log_last_line_timestamp_seconds",
      type: "gauge",
      help: "When the newest line of a service that can be found was written; within the last day.",
      samples: [...lastLines].map(([service, last]) => ({ labels: { log_service: service }, value: last / 1000 })),
    },
    {
      name: "log_lines_recent",
      type: "gauge",
      help: "Lines of the last 5 minutes; level none for those that name none.",
      samples: perService(({ levels }) => levels, "level"),
    },
    {
      name: "log_parse_failures_recent",
      type: "gauge",
      help: "Lines of the last 5 minutes that could not be read as what they should be.",
      samples: services
        .filter(({ unread }) => unread > 0)
        .map(({ service, unread }) => ({ labels: { log_service: service }, value: unread })),
    },
    {
      name: "log_redacted_lines_recent",
      type: "gauge",
      help: "Lines of the last 5 minutes from which personal data was taken out.",
      samples: perService(({ redacted }) => redacted, "kind"),
    },
    {
      name: "log_failed_documents_recent",
      type: "gauge",
      help: "Lines of the last 5 minutes that the store refused; they are in the stream of failures.",
      samples: one(failed),
    },
  ];
}

function storeFamilies({ storeUp, store, limitBytes, deleted }: Figures): Family[] {
  const perStream = (value: (stream: StoreSample["streams"][number]) => number): Sample[] =>
    (store?.streams ?? []).map((stream) => ({ labels: { data_stream: stream.name }, value: value(stream) }));
  return [
    {
      name: "log_store_up",
      type: "gauge",
      help: "1 if Elasticsearch answered the keeper's last question, by a certificate that is trusted, and let it in.",
      samples: flag(storeUp),
    },
    {
      name: "log_store_bytes",
      type: "gauge",
      help: "Disk that a data stream takes, segments and translog.",
      samples: perStream(streamBytes),
    },
    {
      name: "log_store_limit_bytes",
      type: "gauge",
      help: "Disk that all data streams together never exceed.",
      samples: one(limitBytes),
    },
    {
      name: "log_store_backing_indices",
      type: "gauge",
      help: "Indices of which a data stream consists.",
      samples: perStream(({ indices }) => indices.length),
    },
    {
      name: "log_retention_deleted_indices_total",
      type: "counter",
      help: "Backing indices that were deleted: too old (age), too much disk (size), or the disk full (disk).",
      samples: deleted.samples(),
    },
  ];
}

function shipperFamilies(shipper: ShipperFigures | undefined): Family[] {
  const counter = (name: string, help: string, value: number | undefined): Family => ({
    name: `log_shipper_${name}_events_total`,
    type: "counter",
    help,
    samples: one(value),
  });
  return [
    {
      name: "log_shipper_up",
      type: "gauge",
      help: "1 if Filebeat answered when it was last asked for its figures.",
      samples: flag(shipper !== undefined),
    },
    counter("acked", "Lines that Elasticsearch confirmed, since Filebeat started.", shipper?.acked),
    counter("failed", "Attempts to send a line that failed and are repeated.", shipper?.failed),
    counter("duplicate", "Lines that were there already: sent twice, stored once.", shipper?.duplicates),
    counter("dead_letter", "Lines that Elasticsearch refused and that went to failures.", shipper?.deadLetter),
    counter("dropped", "Lines that were refused even as failures, and are lost.", shipper?.dropped),
    {
      name: "log_shipper_queue_used_ratio",
      type: "gauge",
      help: "Part of Filebeat's queue on disk that is filled.",
      samples: one(shipper?.queueUsed),
    },
    {
      name: "log_shipper_open_files",
      type: "gauge",
      help: "Log files that Filebeat reads.",
      samples: one(shipper?.openFiles),
    },
  ];
}
