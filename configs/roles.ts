/**
 * What one component exposes and another consumes. Plain strings only: a name is not a dependency, so HAProxy does
 * not wait for a replica, a replica does not wait for MySQL, and `preview` shows the text of every config file.
 */
import type { Duration } from "./units";

/** One address that Prometheus scrapes. */
export interface ScrapeTarget {
  readonly job: string;
  /** Alias inside the network `monitoring`. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly interval: Duration;
  readonly labels: Readonly<Record<string, string>>;
}

/** One HTTP server that a load balancer sends requests to. */
export interface HttpBackend {
  readonly name: string;
  /** Alias inside the network `medassist`. */
  readonly host: string;
  readonly port: number;
  readonly healthPath: string;
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

/** A service whose standard output is worth keeping. */
export interface LogSource {
  readonly service: string;
  readonly format: "json" | "text";
}
