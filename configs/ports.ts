/** Ports inside the networks. What the host publishes is decided by settings (`settings.ports`). */
export const ports = {
  /** Flask under gunicorn: API, `/health`, `/ready`, `/metrics`. */
  api: 5000,
  /** MySQL's registered port (IANA). */
  mysql: 3306,
  /** Redis' registered port (IANA). */
  redis: 6379,
  /** The image nginx-unprivileged listens here, since a port below 1024 would need a capability. */
  frontend: 8080,
  /** HAProxy: requests from outside. The address of a client is the peer's. */
  entry: 8081,
  /** HAProxy: requests from our Nginx, never published. The address of a client is what Nginx says. */
  entryInternal: 8082,
  /** HAProxy: statistics page, with login (report, part 4). */
  stats: 8404,
  /** HAProxy: native Prometheus metrics and its own health, never published. */
  haproxyMetrics: 8405,
  /** Nginx: counters for its exporter, never published. */
  frontendStatus: 8090,
  /** Each program's own default from here on (Prometheus' wiki, "Default port allocations"). */
  prometheus: 9090,
  pushgateway: 9091,
  alertmanager: 9093,
  incidents: 9095,
  mysqldExporter: 9104,
  nginxExporter: 9113,
  blackboxExporter: 9115,
  redisExporter: 9121,
  cadvisor: 8080,
  grafana: 3000,
  elasticsearch: 9200,
  kibana: 5601,
  filebeat: 5066,
  elasticsearchExporter: 9114,
  /** Our own: beside the incident recorder's. */
  logKeeper: 9096,
} as const;
