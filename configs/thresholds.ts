/** Numbers at which somebody is told: alerts and panels read the same ones. */
import { latencySlo } from "./limits";
import { days, hours, minutes } from "./units";

export const thresholds = {
  /** Share of 5xx over `errorWindow` (report, section 3: below 5 % over 5 minutes). */
  errorRatio: 0.05,
  errorWindow: minutes(5),
  /** p95 of the API (report, section 3). */
  latency: latencySlo,
  /** Share of a service's memory limit. */
  containerMemory: 0.9,
  /** Share of a container's CPU periods in which it had to wait. */
  containerThrottled: 0.25,
  /** Starts of one container, beside its first, within `containerRestartWindow`: once is an accident, twice a pattern. */
  containerRestarts: 2,
  containerRestartWindow: minutes(15),
  /** Load per core. */
  hostLoad: 2,
  /** Share of the host's memory that is still to be had. */
  hostMemory: 0.1,
  /** Share of a file system that is free. */
  hostDisk: 0.1,
  /** Share of a file system that is free, below which its trend is looked at. */
  hostDiskTrend: 0.4,
  /** A file system that will be full within this time is told of: enough for somebody to come and tidy up. */
  hostDiskHorizon: hours(6),
  /** Packets with errors per second and network device. */
  hostNetworkErrors: 1,
  /** Share of the API's replicas in rotation; with no more than these, the next failure may be the last. */
  replicasInRotation: 0.5,
  /** Failed or repeated attempts of HAProxy to have a request answered, for each request. */
  haproxyErrors: 0.01,
  /** Share of MySQL's connections. */
  mysqlConnections: 0.8,
  /** Slow queries per second. */
  mysqlSlowQueries: 0.1,
  /**
   * Redis' resident memory, for each byte that its data may take. A full cache is at little above 1 and stays there
   * for ever; the container's limit is at 2 (configs/redis.ts).
   */
  redisMemory: 1.5,
  /** Evictions per second below which nobody cares. */
  redisEvictions: 1,
  /** Age of the last push of a job; jobs that run once a day have two hours to spare. */
  pushAge: hours(26),
  /** A source that is never silent for long has said nothing for this time (report, part 2). */
  logSilence: minutes(10),
  /** Age of the newest test line that can be found; it comes every 15 s and is there within 3 s. */
  logDelay: minutes(2),
  /** Share of the shipper's queue on disk. */
  logQueue: 0.5,
  /** Lines of level error or worse of one service within 5 minutes. */
  logErrors: 50,
  /** Share of the store's disk that is used; Elasticsearch refuses to write later (configs/logs/streams.ts, watermarks). */
  logStoreDisk: 0.85,
  /** How far back series must reach: the SLOs' 30 days, and some room to look back from a bad day. */
  history: days(35),
} as const;
