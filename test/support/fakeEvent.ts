/**
 * The pipeline of Filebeat's script processor in Node, and an event as that processor hands it over (libbeat,
 * processors/script/javascript/beatevent_v0.go and beat/event.go): `Get` of what is missing is null, keys with points
 * are paths but for those that a map holds as they are, `@timestamp` takes a time and nothing else, and a time that is
 * got is Go's. The real processor is asked in test/tools/filebeat.test.ts.
 */
import { pipelineText } from "../../components/logPipeline";

type Fields = Record<string, unknown>;

export interface Pipeline {
  register(params: {
    readonly stack: string;
    readonly json: readonly string[];
    readonly sql: readonly string[];
    readonly slow?: { readonly service: string; readonly path: string };
  }): void;
  process(event: FakeEvent): void;
  redact(text: string, kinds: Record<string, boolean>): string;
}

/** A pipeline of its own, as each of Filebeat's sessions has one. */
export function loadPipeline(text = pipelineText): Pipeline {
  return new Function(`"use strict";${text}\nreturn { register, process, redact };`)() as Pipeline;
}

/** One line as the engine wrote it. */
export interface EngineLine {
  readonly text: string;
  readonly service?: string;
  readonly stack?: string;
  readonly role?: string;
  readonly networks?: string;
  readonly stream?: string;
  /** When the engine took it; nanoseconds, in UTC. */
  readonly time?: string;
  readonly offset?: number;
  readonly flags?: readonly string[];
  /** Left out by an engine that was not told to write labels. */
  readonly attrs?: false;
  /** @default that of a container's log */
  readonly path?: string;
}

export const containerId = "0123456789ab".padEnd(64, "c");
export const engineTime = "2026-11-25T07:31:00.123456789Z";

export class FakeEvent {
  cancelled = false;
  readonly fields: Fields;
  readonly meta: Fields = {};
  private time: GoTime;

  constructor(line: EngineLine) {
    this.time = new GoTime(line.time ?? engineTime);
    this.fields = {
      message: `${line.text}\n`,
      stream: line.stream ?? "stdout",
      log: {
        offset: line.offset ?? 4096,
        file: {
          path: line.path ?? `/var/lib/docker/containers/${containerId}/${containerId}-json.log`,
          inode: "7",
        },
        ...(line.flags ? { flags: [...line.flags] } : {}),
      },
      ...(line.attrs === false
        ? {}
        : {
            docker: {
              attrs: {
                "medassist.stack": line.stack ?? "prod",
                "medassist.service": line.service ?? "api",
                "medassist.role": line.role ?? "service",
                "medassist.networks": line.networks ?? "medassist,monitoring",
              },
            },
          }),
      input: { type: "filestream" },
      agent: { name: "x" },
      ecs: { version: "8.0.0" },
    };
  }

  Get(key: string): unknown {
    if (key === "@timestamp") return this.time;
    if (key.startsWith("@metadata.")) return this.meta[key.slice("@metadata.".length)] ?? null;
    let value: unknown = this.fields;
    for (const part of key.split(".")) {
      if (typeof value !== "object" || value === null || !(part in value)) return null;
      value = (value as Fields)[part];
    }
    return value;
  }

  Put(key: string, value: unknown): void {
    if (value === undefined) throw new Error(`Put("${key}") of undefined`);
    if (key === "@timestamp") {
      if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw new Error("value is not a timestamp");
      this.time = new GoTime(value.toISOString());
    } else if (key.startsWith("@metadata.")) {
      this.meta[key.slice("@metadata.".length)] = value;
    } else if (key.includes(".")) {
      throw new Error(`the pipeline puts whole groups: ${key}`);
    } else {
      this.fields[key] = value;
    }
  }

  Delete(key: string): boolean {
    const there = key in this.fields;
    delete this.fields[key];
    return there;
  }

  Cancel(): void {
    this.cancelled = true;
  }

  /** As Elasticsearch would get it, times in milliseconds. */
  get document(): Fields {
    return JSON.parse(JSON.stringify({ "@timestamp": this.time.milliseconds, ...this.fields })) as Fields;
  }
}

/** Go's time.Time, with the one method that the pipeline calls. */
class GoTime {
  constructor(private readonly text: string) {}
  Format(layout: string): string {
    if (layout !== "2006-01-02T15:04:05.000000000Z") throw new Error(`an unknown layout: ${layout}`);
    const [whole = "", fraction = ""] = this.text.replace(/Z$/, "").split(".");
    return `${whole}.${fraction.padEnd(9, "0")}Z`;
  }
  get milliseconds(): string {
    return `${this.Format("2006-01-02T15:04:05.000000000Z").slice(0, 23)}Z`;
  }
}
