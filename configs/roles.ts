/**
 * What one component exposes and another consumes. Plain strings only: a name is not a dependency, so HAProxy does
 * not wait for a replica, a replica does not wait for MySQL, and `preview` shows the text of every config file.
 */
import { type Duration, seconds } from "./units";

/** One address that Prometheus scrapes. */
export interface ScrapeTarget {
  readonly job: string;
  /** Alias inside the network `monitoring`. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly interval: Duration;
  /** Labels of all its series; those that begin with `__param_` are parameters of the scrape's URL. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether its series keep their own `job` and `instance`: what was pushed says itself where it comes from. */
  readonly honorLabels?: boolean;
  /** Whether samples keep the time that the target says. @default true */
  readonly honorTimestamps?: boolean;
  /** Changes of each series before it is kept (Prometheus, `metric_relabel_configs`). */
  readonly relabel?: readonly RelabelRule[];
}

/** A program that serves `/metrics` and is nobody's replica: asked every 15 s, named by its host. */
export const metricsOf = (job: string, host: string, port: number): ScrapeTarget => ({
  job,
  host,
  port,
  path: "/metrics",
  interval: seconds(15),
  labels: { instance: host },
});

/** One rule of Prometheus' relabelling. */
export interface RelabelRule {
  readonly source_labels?: readonly string[];
  readonly regex?: string;
  readonly action?: "keep" | "drop" | "replace" | "labeldrop" | "labelmap";
  readonly target_label?: string;
  readonly replacement?: string;
}

/** `http_2xx`: any 2xx. `database`: a replica says that it reaches MySQL, whatever it says of the cache. */
export type ProbeModule = "http_2xx" | "database";

/** An entrance that a prober asks as a patient would. */
export interface ProbeTarget {
  /** Value of the label `probe`. */
  readonly name: string;
  readonly url: string;
  /** What counts as a good answer. */
  readonly module: ProbeModule;
}

/** One HTTP server that a load balancer sends requests to. */
export interface HttpBackend {
  readonly name: string;
  /** Alias inside the network `medassist`. */
  readonly host: string;
  readonly port: number;
  readonly healthPath: string;
  /** Requests at a time; more wait in the load balancer, where another server may take them. */
  readonly mostRequests: number;
}

/** Where HTTP requests go in: the load balancer as seen by the containers. */
export interface HttpEntry {
  readonly host: string;
  readonly port: number;
}

/** One database account, as the program that logs in with it needs it. */
export interface SqlAccount {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** A cache account. */
export interface CacheAccount {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** What a service writes. One that declares nothing writes lines of text, and few of them. */
export interface LogSource {
  readonly service: string;
  readonly format: "json" | "text";
  /** Whether it may say nothing for ten minutes while all is well: its silence then alarms nobody. */
  readonly quiet: boolean;
}
