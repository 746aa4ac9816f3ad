/**
 * The catalogue of metrics: what rules and panels may use. One entry a family, with its unit, its labels and the first
 * version that has it; a test compares it with what the live stack exposes.
 */
import { Metric, type MetricDefinition } from "./promql";

const metric = <L extends string = never>(definition: MetricDefinition<L>): Metric<L> => new Metric(definition);
type Short<L extends string> = Partial<Pick<MetricDefinition<L>, "labels" | "eventOnly">>;

/** A catalogue section's shorthand: all its metrics come from the same program. */
function from(program: string) {
  const kind =
    (type: MetricDefinition<string>["type"]) =>
    <const L extends string = never>(name: string, unit: MetricDefinition<L>["unit"], more: Short<L> = {}): Metric<L> =>
      metric({ name, type, unit, labels: [], from: program, ...more });
  return { counter: kind("counter"), gauge: kind("gauge"), histogram: kind("histogram"), recorded: kind("recorded") };
}

const prometheus = from("prometheus 2.0");
/** 1 if the last scrape of a target succeeded. Prometheus makes it for every target. */
export const up = prometheus.gauge("up", "boolean");
export const configReloaded = prometheus.gauge("prometheus_config_last_reload_successful", "boolean");
export const ruleFailures = prometheus.counter("prometheus_rule_evaluation_failures_total", "count", {
  labels: ["rule_group"],
});
export const notificationsDropped = prometheus.counter("prometheus_notifications_dropped_total", "count");
export const notificationErrors = prometheus.counter("prometheus_notifications_errors_total", "count", {
  labels: ["alertmanager"],
});
export const headSeries = prometheus.gauge("prometheus_tsdb_head_series", "count");
export const storedBytes = prometheus.gauge("prometheus_tsdb_storage_blocks_bytes", "bytes");
export const sizeRetentions = prometheus.counter("prometheus_tsdb_size_retentions_total", "count");
/** Of the oldest sample that is kept; in the distant future while there is none. */
export const oldestSample = prometheus.gauge("prometheus_tsdb_lowest_timestamp_seconds", "timestamp");
/** What fires and is pending, as series. */
export const alertsSeries = prometheus.gauge("ALERTS", "boolean", {
  labels: ["alertname", "alertstate", "severity", "service"],
  eventOnly: "exists only while an alert is pending or fires",
});

const alertmanager = from("alertmanager 0.22");
export const alertmanagerReloaded = alertmanager.gauge("alertmanager_config_last_reload_successful", "boolean");
export const notificationsSent = alertmanager.counter("alertmanager_notifications_total", "count", {
  labels: ["integration"],
});
export const notificationsFailed = alertmanager.counter("alertmanager_notifications_failed_total", "count", {
  labels: ["integration", "reason"],
});

const pushgateway = from("pushgateway 0.10");
export const pushTime = pushgateway.gauge("push_time_seconds", "timestamp", {
  labels: ["push_job"],
  eventOnly: "exists once something has been pushed",
});

const api = from("apps/api");
export const requestDuration = api.histogram("flask_http_request_duration_seconds", "seconds", {
  labels: ["method", "endpoint", "status"],
});
export const requests = api.counter("flask_http_request_total", "count", { labels: ["method", "endpoint", "status"] });
export const payments = api.counter("medassist_payment_total", "count", { labels: ["outcome"] });
export const cacheReads = api.counter("medassist_payment_cache_total", "count", { labels: ["result"] });
export const alertsReceived = api.counter("medassist_alert_received_total", "count", {
  labels: ["severity", "status"],
  eventOnly: "exists once an alert has been delivered to the API",
});

const haproxy = from("haproxy 2.4 (native exporter)");
export const serverStatus = haproxy.gauge("haproxy_server_status", "boolean", { labels: ["proxy", "server", "state"] });
export const activeServers = haproxy.gauge("haproxy_backend_active_servers", "count", { labels: ["proxy"] });
export const backendResponses = haproxy.counter("haproxy_backend_http_responses_total", "count", {
  labels: ["proxy", "code"],
});
export const serverResponses = haproxy.counter("haproxy_server_http_responses_total", "count", {
  labels: ["proxy", "server", "code"],
});
export const frontendRequests = haproxy.counter("haproxy_frontend_http_requests_total", "count", { labels: ["proxy"] });
export const backendQueue = haproxy.gauge("haproxy_backend_current_queue", "count", { labels: ["proxy"] });
export const serverConnectionErrors = haproxy.counter("haproxy_server_connection_errors_total", "count", {
  labels: ["proxy", "server"],
});
export const serverResponseErrors = haproxy.counter("haproxy_server_response_errors_total", "count", {
  labels: ["proxy", "server"],
});
export const serverRetries = haproxy.counter("haproxy_server_retry_warnings_total", "count", {
  labels: ["proxy", "server"],
});

const nginx = from("nginx-prometheus-exporter 0.10");
export const nginxUp = nginx.gauge("nginx_up", "boolean");
export const nginxRequests = nginx.counter("nginx_http_requests_total", "count");
export const nginxConnections = nginx.gauge("nginx_connections_active", "count");

const blackbox = from("blackbox exporter 0.12");
/**
 * 1 if the entrance answered as it should; `probe` names the entrance. frontend: the page, by Nginx. entry: an API
 * replica answers at all, by HAProxy. ready: the same, and that replica reaches MySQL, whatever it says of Redis.
 */
export const probeSuccess = blackbox.gauge("probe_success", "boolean", { labels: ["probe"] });
export const probeDuration = blackbox.gauge("probe_duration_seconds", "seconds", { labels: ["probe"] });

const mysqld = from("mysqld exporter 0.10");
export const mysqlUp = mysqld.gauge("mysql_up", "boolean");
export const mysqlConnections = mysqld.gauge("mysql_global_status_threads_connected", "count");
export const mysqlMaxConnections = mysqld.gauge("mysql_global_variables_max_connections", "count");
export const mysqlSlowQueries = mysqld.counter("mysql_global_status_slow_queries", "count");
export const mysqlQueries = mysqld.counter("mysql_global_status_queries", "count");
export const mysqlAborted = mysqld.counter("mysql_global_status_aborted_connects", "count");

const redis = from("redis exporter 1.0");
export const redisUp = redis.gauge("redis_up", "boolean");
export const redisMemoryUsed = redis.gauge("redis_memory_used_bytes", "bytes");
export const redisMemoryMax = redis.gauge("redis_memory_max_bytes", "bytes");
/** What the process holds of the host's memory: data, buffers and the gaps between them. */
export const redisMemoryResident = redis.gauge("redis_memory_used_rss_bytes", "bytes");
export const redisHits = redis.counter("redis_keyspace_hits_total", "count");
export const redisEvicted = redis.counter("redis_evicted_keys_total", "count");
export const redisRejected = redis.counter("redis_rejected_connections_total", "count");

const node = from("node exporter 1.0");
export const nodeCpu = node.counter("node_cpu_seconds_total", "seconds", { labels: ["cpu", "mode"] });
export const nodeLoad1 = node.gauge("node_load1", "count");
export const nodeMemoryAvailable = node.gauge("node_memory_MemAvailable_bytes", "bytes");
export const nodeMemoryTotal = node.gauge("node_memory_MemTotal_bytes", "bytes");
export const nodeMajorFaults = node.counter("node_vmstat_pgmajfault", "count");
/** Processes that the kernel killed for want of memory, in whatever container. */
export const nodeOomKills = node.counter("node_vmstat_oom_kill", "count");
export const nodeFilesystemAvailable = node.gauge("node_filesystem_avail_bytes", "bytes", {
  labels: ["device", "fstype", "mountpoint"],
});
export const nodeFilesystemSize = node.gauge("node_filesystem_size_bytes", "bytes", {
  labels: ["device", "fstype", "mountpoint"],
});
export const nodeReceivedBytes = node.counter("node_network_receive_bytes_total", "bytes", { labels: ["device"] });
export const nodeSentBytes = node.counter("node_network_transmit_bytes_total", "bytes", { labels: ["device"] });
export const nodeReceiveErrors = node.counter("node_network_receive_errs_total", "count", { labels: ["device"] });
export const nodeSendErrors = node.counter("node_network_transmit_errs_total", "count", { labels: ["device"] });

/** Label `service` is the alias of the service, taken from the container's own label. */
const cadvisor = from("cAdvisor 0.57");
export const containerCpu = cadvisor.counter("container_cpu_usage_seconds_total", "seconds", { labels: ["service"] });
export const containerMemory = cadvisor.gauge("container_memory_working_set_bytes", "bytes", { labels: ["service"] });
export const containerMemoryLimit = cadvisor.gauge("container_spec_memory_limit_bytes", "bytes", {
  labels: ["service"],
});
/** Of the container that the engine has now; one that is replaced is a new one, one that starts again is not. */
export const containerCreated = cadvisor.gauge("container_creation_time_seconds", "timestamp", {
  labels: ["service"],
});
export const containerStarted = cadvisor.gauge("container_start_time_seconds", "timestamp", { labels: ["service"] });
export const containerOomEvents = cadvisor.counter("container_oom_events_total", "count", { labels: ["service"] });
export const containerPeriods = cadvisor.counter("container_cpu_cfs_periods_total", "count", {
  labels: ["service"],
  eventOnly: "only containers with a CPU limit have it, and none has one by default",
});
export const containerThrottledPeriods = cadvisor.counter("container_cpu_cfs_throttled_periods_total", "count", {
  labels: ["service"],
  eventOnly: "only containers with a CPU limit have it, and none has one by default",
});

const incidents = from("apps/incidents");
export const incidentOpen = incidents.gauge("incident_open", "count", { labels: ["severity"] });
export const incidentHeartbeat = incidents.gauge("incident_heartbeat_timestamp_seconds", "timestamp");

/**
 * 1 while the maintenance window of the settings is open, else 0; `what` and `why` are the window's own words, and absent
 * when none is planned. One series in either case.
 */
export const maintenanceActive = incidents.gauge("maintenance_active", "boolean", { labels: ["what", "why"] });

/** Label `log_service` is the service that wrote the lines: alerts have a label `service` of their own. */
const logKeeper = from("apps/logs");
/** 1 for each service that is never silent for long while all is well. */
export const logSourceExpected = logKeeper.gauge("log_source_expected", "boolean", { labels: ["log_service"] });
export const logLastLine = logKeeper.gauge("log_last_line_timestamp_seconds", "timestamp", { labels: ["log_service"] });
/** Lines of the last 5 minutes. */
export const logLinesRecent = logKeeper.gauge("log_lines_recent", "count", { labels: ["log_service", "level"] });
export const logParseFailures = logKeeper.gauge("log_parse_failures_recent", "count", {
  labels: ["log_service"],
  eventOnly: "exists only while there are lines that could not be read",
});
export const logRedactedLines = logKeeper.gauge("log_redacted_lines_recent", "count", {
  labels: ["log_service", "kind"],
  eventOnly: "exists only while there are lines that held personal data",
});
export const logFailedDocuments = logKeeper.gauge("log_failed_documents_recent", "count");
/** Of the keeper's own test line: when the last one that was found was written, and how long that took. */
export const logCanaryLastSeen = logKeeper.gauge("log_canary_last_seen_timestamp_seconds", "timestamp");
export const logCanaryDelivery = logKeeper.gauge("log_canary_delivery_seconds", "seconds");
export const logPipelineReady = logKeeper.gauge("log_pipeline_ready", "boolean");
export const logStoreUp = logKeeper.gauge("log_store_up", "boolean");
export const logStoreBytes = logKeeper.gauge("log_store_bytes", "bytes", { labels: ["data_stream"] });
export const logStoreLimit = logKeeper.gauge("log_store_limit_bytes", "bytes");
export const logShipperUp = logKeeper.gauge("log_shipper_up", "boolean");
export const logQueueUsed = logKeeper.gauge("log_shipper_queue_used_ratio", "ratio");
export const logShipperAcked = logKeeper.counter("log_shipper_acked_events_total", "count");

const elasticsearch = from("elasticsearch_exporter 1.0");
export const storeHealth = elasticsearch.gauge("elasticsearch_cluster_health_status", "boolean", { labels: ["color"] });
export const storeDiskAvailable = elasticsearch.gauge("elasticsearch_filesystem_data_available_bytes", "bytes");
export const storeDiskSize = elasticsearch.gauge("elasticsearch_filesystem_data_size_bytes", "bytes");
export const storeHeapUsed = elasticsearch.gauge("elasticsearch_jvm_memory_used_bytes", "bytes", { labels: ["area"] });
export const storeHeapMax = elasticsearch.gauge("elasticsearch_jvm_memory_max_bytes", "bytes", { labels: ["area"] });
