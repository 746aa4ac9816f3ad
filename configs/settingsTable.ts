/** Every setting: type, default, what is allowed. Pulumi.yaml and the README's table are compared with it by a test. */
import { z } from "zod";
import { maintenanceAllowed, maintenanceSchema } from "./maintenance";
import { receiversAllowed } from "./receivers";
import { address, memory, path, pemFile, port, setting, trueOrFalse, wholeNumber } from "./settingKinds";
import { thresholds } from "./thresholds";

/** The most replicas that the setting allows; what the others are sized for, so that adding one changes nothing else. */
export const mostReplicas = 50;

/** As many as the error budgets need; an alert watches the same number. */
const leastMetricsDays = thresholds.history.seconds / 86_400;

/** Every setting, by its key in the namespace `medassist`. */
export const settingsTable = {
  replicas: setting({
    type: "integer",
    default: "3",
    allowed: `a whole number from 1 to ${mostReplicas}`,
    description: "API replicas behind HAProxy",
    schema: wholeNumber(1, mostReplicas),
  }),
  imageSource: setting({
    type: "string",
    default: "auto",
    allowed: "auto, registry or offline",
    description: "where images come from: pulled from a registry, or built here from packages (`images/`)",
    schema: z.enum(["auto", "registry", "offline"]),
  }),
  protectData: setting({
    type: "boolean",
    default: "true",
    allowed: "true or false",
    description: "keep data volumes, and the passwords that open them, when the stack is taken down",
    schema: trueOrFalse,
  }),
  monitoring: setting({
    type: "boolean",
    default: "true",
    allowed: "true or false",
    description: "watch the platform: Prometheus, Alertmanager, exporters and the incident recorder",
    schema: trueOrFalse,
  }),
  logging: setting({
    type: "boolean",
    default: "true",
    allowed: "true or false",
    description: "collect the containers' logs: Filebeat, Elasticsearch and Kibana",
    schema: trueOrFalse,
  }),
  secretsEpoch: setting({
    type: "integer",
    default: "1",
    allowed: "a whole number from 1 to 1000000",
    description: "raise it by one to replace every generated password at the next `up`",
    schema: wholeNumber(1, 1_000_000),
  }),
  logLevel: setting({
    type: "string",
    default: "info",
    allowed: "debug, info, warning or error",
    description: "least severe level that the API writes to its log",
    schema: z.enum(["debug", "info", "warning", "error"]),
  }),
  publicAddress: address("0.0.0.0", "address on which the patients' two ports listen"),
  adminAddress: address("127.0.0.1", "address on which the ports of the operators listen"),
  frontendPort: port(8080, "published port of the patients' page"),
  entryPort: port(8081, "published port of HAProxy, the entry of the API"),
  statsPort: port(8404, "published port of HAProxy's statistics page, on adminAddress"),
  prometheusPort: port(9090, "published port of Prometheus, on adminAddress"),
  alertmanagerPort: port(9093, "published port of Alertmanager, on adminAddress"),
  pushgatewayPort: port(9091, "published port of Pushgateway, on adminAddress"),
  incidentsPort: port(9095, "published port of the incident recorder and its status page, on adminAddress"),
  grafanaPort: port(3000, "published port of Grafana, on adminAddress"),
  elasticsearchPort: port(9200, "published port of Elasticsearch (HTTPS), on adminAddress"),
  kibanaPort: port(5601, "published port of Kibana, on adminAddress"),
  nodeExporterPort: port(9100, "port of the node exporter, on the host's address in the stack's own network"),
  tlsCertificateFile: pemFile("certificate chain"),
  tlsKeyFile: pemFile("private key"),
  haproxyExtra: setting({
    type: "string",
    default: "",
    allowed: "lines that HAProxy accepts in a `frontend` section; HAProxy itself checks them before they are used",
    description: "lines added to HAProxy's public frontend, for example an allow list of addresses",
    schema: z.string().max(16_384),
  }),
  apiMemory: memory(128, 64, "memory limit of one API replica, MiB"),
  haproxyMemory: memory(64, 32, "memory limit of HAProxy, MiB"),
  nginxMemory: memory(32, 16, "memory limit of Nginx, MiB"),
  redisMemory: memory(64, 32, "memory limit of Redis, MiB; half of it holds data"),
  mysqlMemory: memory(512, 384, "memory limit of MySQL, MiB; a quarter of it is the buffer pool"),
  prometheusMemory: memory(512, 128, "memory limit of Prometheus, MiB"),
  elasticsearchMemory: memory(1331, 768, "memory limit of Elasticsearch, MiB"),
  elasticsearchHeap: memory(512, 256, "heap of Elasticsearch, MiB; at most half of elasticsearchMemory"),
  metricsDays: setting({
    type: "integer",
    default: "40",
    allowed: `a whole number of days from ${leastMetricsDays} to 3650`,
    description: "how long metrics are kept; the SLOs look back 30 days",
    schema: wholeNumber(leastMetricsDays, 3650),
  }),
  metricsDisk: setting({
    type: "integer",
    default: "8",
    allowed: "a whole number of GiB from 1 to 10000",
    description: "most disk that metrics may take, GiB; the oldest go first, and an alert says so",
    schema: wholeNumber(1, 10_000),
  }),
  logDays: setting({
    type: "integer",
    default: "30",
    allowed: "a whole number of days from 1 to 3650",
    description: "how long log lines are kept",
    schema: wholeNumber(1, 3650),
  }),
  logDisk: setting({
    type: "integer",
    default: "10",
    allowed: "a whole number of GiB from 1 to 10000",
    description: "most disk that log lines may take, GiB; the oldest go first",
    schema: wholeNumber(1, 10_000),
  }),
  logQueueDisk: setting({
    type: "integer",
    default: "1024",
    allowed: "a whole number of MiB from 64 to 65536",
    description: "most disk for lines that wait while Elasticsearch is away, MiB",
    schema: wholeNumber(64, 65_536),
  }),
  maintenance: setting({
    type: "string",
    default: "",
    allowed: maintenanceAllowed,
    description: "planned maintenance: while it lasts, no alert notifies and no error budget is spent",
    schema: maintenanceSchema,
  }),
  receivers: setting({
    type: "string",
    default: "",
    allowed: receiversAllowed,
    description: "file that says who is told of alerts, by priority, besides the API and the incident recorder",
    schema: path,
  }),
} as const;
