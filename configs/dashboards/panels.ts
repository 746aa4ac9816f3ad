/** Every panel by what it shows, so that an alert can name the one to look at and a dashboard cannot forget it. */

export type DashboardName = "overview" | "use" | "red" | "ha" | "data" | "slo" | "monitoring" | "logs";

export interface Panel {
  readonly dashboard: DashboardName;
  /** Unique in its dashboard; part of the link. */
  readonly id: number;
  readonly title: string;
}

const dashboard = <K extends string>(name: DashboardName, titles: Readonly<Record<K, string>>) =>
  Object.fromEntries(
    Object.entries<string>(titles).map(([key, title], index) => [key, { dashboard: name, id: index + 1, title }]),
  ) as Readonly<Record<K, Panel>>;

export const panels = {
  /** Utilisation, saturation, errors (Brendan Gregg) of the host, then of each container. */
  use: dashboard("use", {
    cpuUtilisation: "CPU: utilisation",
    cpuSaturation: "CPU: saturation",
    memoryUtilisation: "Memory: utilisation",
    memorySaturation: "Memory: saturation",
    networkUtilisation: "Network: utilisation",
    networkErrors: "Network: errors",
    diskFree: "Disk: free space",
    containerCpu: "Containers: CPU",
    containerThrottling: "Containers: CPU throttling",
    containerMemory: "Containers: memory against limit",
    containerRestarts: "Containers: starts and OOM kills",
  }),
  /** Rate, errors, duration (Tom Wilkie) of the API. */
  red: dashboard("red", {
    rate: "Requests per second, by endpoint",
    errors: "Errors: share of 5xx",
    duration: "Duration: p50, p95, p99",
    durationByEndpoint: "Duration: p95 by endpoint",
    rateByInstance: "Requests per second, by replica",
    errorsByInstance: "5xx per second, by replica",
  }),
  ha: dashboard("ha", {
    activeBackends: "Replicas in rotation",
    replicaHealth: "Health of each replica",
    errorsByInstance: "5xx per second, by replica, as HAProxy saw them",
    requestRate: "Requests per second at the entry",
    queue: "Requests that wait for a replica",
    serverErrors: "Connection errors, broken answers and retries",
    probes: "The public entrances, as a patient reaches them",
  }),
  data: dashboard("data", {
    mysqlUp: "MySQL answers",
    mysqlConnections: "MySQL: connections against the limit",
    mysqlSlowQueries: "MySQL: slow queries",
    redisUp: "Redis answers",
    redisMemory: "Redis: memory against the limit",
    redisEvictions: "Redis: evictions",
  }),
  slo: dashboard("slo", {
    budgets: "Error budget left, 30 days",
    burn: "Burn rate: how fast budgets are used up",
    availability: "Availability, 30 days",
  }),
  monitoring: dashboard("monitoring", {
    targets: "Targets that answer",
    rules: "Rule evaluation: failures",
    reloads: "Configuration reloads",
    notifications: "Notifications: failures",
    pushes: "Pushgateway: age of the last push",
    storage: "Prometheus: series and disk",
    heartbeat: "Watchdog",
    maintenance: "Planned maintenance",
  }),
  logs: dashboard("logs", {
    delivery: "From a line to its being found",
    lines: "Lines within 5 minutes, by level",
    errors: "Lines of errors within 5 minutes, by service",
    silence: "Since the last line of each service",
    unread: "Lines that could not be read or stored",
    redacted: "Lines that held personal data",
    queue: "Shipper: queue",
    store: "Elasticsearch answers",
    size: "Elasticsearch: log lines against the limit",
    disk: "Elasticsearch: disk",
    heap: "Elasticsearch: heap",
  }),
  overview: dashboard("overview", {
    firing: "Alerts that fire",
    budgets: "Error budget left",
    replicas: "Replicas in rotation",
    rate: "Requests per second",
    errors: "Share of 5xx",
    latency: "p95",
    incidents: "Open incidents",
  }),
} as const;
