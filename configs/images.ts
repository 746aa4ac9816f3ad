/**
 * Every image of the system: where it is pulled from, and how it is built where no registry can be reached.
 *
 * Tags and digests: facts of 2026-11-22, each digest pinned alike by at least three independent projects.
 */
import type { ImageSource, Settings } from "./settings";

/** What the program inside an image can be asked with, from inside its container. */
export type HttpClient = "wget" | "bash";

/** An image made by others. */
export interface UpstreamImage {
  readonly kind: "upstream";
  readonly repository: string;
  readonly tag: string;
  /** Digest of the multi-architecture index; undefined where fewer than three projects agree on one. */
  readonly digest: string | undefined;
  /** Folder with the Dockerfile that keeps the same contract, built from packages; undefined: cannot be built here. */
  readonly offline: string | undefined;
  readonly httpClient: HttpClient | undefined;
}

/** An image made here, on top of another one. */
export interface OwnImage {
  readonly kind: "own";
  /** Build context, from the project's folder. */
  readonly context: string;
  readonly from: ImageName;
  /** Stage of its Dockerfile; the builder that every engine has would else build those that only tests need. */
  readonly target: string;
  readonly httpClient: HttpClient | undefined;
}

export type ImageDefinition = UpstreamImage | OwnImage;

export type ImageName =
  | "python"
  | "mysql"
  | "redis"
  | "haproxy"
  | "nginx"
  | "api"
  | "frontend"
  | "incidents"
  | "prometheus"
  | "alertmanager"
  | "pushgateway"
  | "grafana"
  | "nodeExporter"
  | "blackboxExporter"
  | "mysqldExporter"
  | "redisExporter"
  | "nginxExporter"
  | "cadvisor"
  | "node"
  | "elasticsearch"
  | "filebeat"
  | "elasticsearchExporter"
  | "kibana"
  | "logKeeper";

export const images: Readonly<Record<ImageName, ImageDefinition>> = {
  python: {
    kind: "upstream",
    repository: "python",
    tag: "3.13.16-slim-trixie",
    digest: "sha256:bf44cdfcb76cd3b41e879bc058fc37ec5872002ccfde7fcb765e218cde0cd79c",
    offline: "images/python",
    httpClient: "bash",
  },
  mysql: {
    kind: "upstream",
    repository: "mysql",
    tag: "8.4.11",
    digest: "sha256:6ea90827b1100f8f2ae306a539f86d2c264a26ed435a2a9f75551dd5c3aeb242",
    offline: "images/mysql",
    httpClient: undefined,
  },
  redis: {
    kind: "upstream",
    repository: "redis",
    tag: "8.10.2-alpine",
    digest: "sha256:3811787313eba226a2ef38658c6ccb91cd5e110edc89c37767de373120a0e5a0",
    offline: "images/redis",
    httpClient: undefined,
  },
  haproxy: {
    kind: "upstream",
    repository: "haproxy",
    tag: "3.4.4-alpine3.24",
    digest: "sha256:c0afc4864dca9c68694cd1290433f0ee79b5c55be80f6745a165ffe373b9a564",
    offline: "images/haproxy",
    httpClient: "wget",
  },
  nginx: {
    kind: "upstream",
    repository: "nginxinc/nginx-unprivileged",
    tag: "1.30.5-alpine",
    digest: "sha256:4714e0b1b2577eaa1a6131d07c958b67f0eb68e6d0521e90c6e5287db8cf0bc5",
    offline: "images/nginx",
    httpClient: "wget",
  },
  api: { kind: "own", context: "apps/api", from: "python", target: "runtime", httpClient: "bash" },
  incidents: { kind: "own", context: "apps/incidents", from: "node", target: "runtime", httpClient: "wget" },
  frontend: { kind: "own", context: "apps/frontend", from: "nginx", target: "runtime", httpClient: "wget" },
  prometheus: {
    kind: "upstream",
    repository: "prom/prometheus",
    tag: "v3.15.0",
    digest: "sha256:efd719c99d83b060d9daefdcf00360461adf279f45ef5391f8d111892118753e",
    offline: "images/prometheus",
    httpClient: "wget",
  },
  alertmanager: {
    kind: "upstream",
    repository: "prom/alertmanager",
    tag: "v0.34.1",
    digest: "sha256:e9733bafb1bdef9b00e25a21f8f99dc26a22224bf16641ad754d1649f4c3357a",
    offline: "images/alertmanager",
    httpClient: "wget",
  },
  pushgateway: {
    kind: "upstream",
    repository: "prom/pushgateway",
    tag: "v1.11.3",
    digest: "sha256:74fa117cef2d7e383112d25139ff1c2d2e309c35389a9e0554a47136a1482e48",
    offline: "images/pushgateway",
    httpClient: "wget",
  },
  grafana: {
    kind: "upstream",
    repository: "grafana/grafana",
    tag: "13.2.3",
    digest: "sha256:b28bae15e219c998fb0e0424ed724930cc61b1f61fb404d47c862f9a23f9e572",
    offline: undefined,
    httpClient: "wget",
  },
  nodeExporter: {
    kind: "upstream",
    repository: "prom/node-exporter",
    tag: "v1.12.1",
    digest: "sha256:1b4e4438faca4dd7e001dd445d161a4a2091b0fededa84093b3a8dfeae1f1be0",
    offline: "images/node-exporter",
    httpClient: "wget",
  },
  blackboxExporter: {
    kind: "upstream",
    repository: "prom/blackbox-exporter",
    tag: "v0.28.0",
    digest: "sha256:e753ff9f3fc458d02cca5eddab5a77e1c175eee484a8925ac7d524f04366c2fc",
    offline: "images/blackbox-exporter",
    httpClient: "wget",
  },
  mysqldExporter: {
    kind: "upstream",
    repository: "prom/mysqld-exporter",
    tag: "v0.20.0",
    digest: "sha256:abed8dac117b4ae5b70757f988e44795935b9a72c3b58d720c67ba688f8cb79e",
    offline: "images/mysqld-exporter",
    httpClient: "wget",
  },
  redisExporter: {
    kind: "upstream",
    repository: "oliver006/redis_exporter",
    // Without "-alpine" it has no shell, which the loader of files and the health check need.
    tag: "v1.90.0-alpine",
    digest: undefined,
    offline: "images/redis-exporter",
    httpClient: "wget",
  },
  nginxExporter: {
    kind: "upstream",
    repository: "nginx/nginx-prometheus-exporter",
    tag: "1.5.1",
    digest: undefined,
    offline: "images/nginx-exporter",
    // Upstream's image is the program alone.
    httpClient: undefined,
  },
  cadvisor: {
    kind: "upstream",
    repository: "ghcr.io/google/cadvisor",
    tag: "v0.60.6",
    digest: "sha256:b8e7d1093144fd088f425ff003d75a4aa405de075db78dae3bc563730b1bd07a",
    offline: "images/cadvisor",
    httpClient: "wget",
  },
  node: {
    kind: "upstream",
    repository: "node",
    tag: "22.23.3-alpine3.24",
    digest: "sha256:0a7108bf6c7bf5de370ffb1a3ed6be93d405b43ff159f681a8d18c0e2bc2e402",
    offline: "images/node",
    httpClient: "wget",
  },
  elasticsearch: {
    kind: "upstream",
    repository: "docker.elastic.co/elasticsearch/elasticsearch",
    tag: "9.5.3",
    digest: "sha256:f456578fc2a620a8a4f4c21d070fff1f6070345adb2be5e5626b65be72aea350",
    offline: "images/elasticsearch",
    // It has curl, which can also speak TLS and give a password: see the probe of the service.
    httpClient: undefined,
  },
  filebeat: {
    kind: "upstream",
    repository: "docker.elastic.co/beats/filebeat",
    // The newest whose source is to be had as a Go module. The server may be newer than its shippers.
    tag: "9.3.0",
    digest: undefined,
    offline: "images/filebeat",
    httpClient: "bash",
  },
  elasticsearchExporter: {
    kind: "upstream",
    repository: "prometheuscommunity/elasticsearch-exporter",
    tag: "v1.11.0",
    digest: undefined,
    offline: "images/elasticsearch-exporter",
    httpClient: "wget",
  },
  kibana: {
    kind: "upstream",
    repository: "docker.elastic.co/kibana/kibana",
    tag: "9.5.3",
    digest: undefined,
    offline: undefined,
    httpClient: "bash",
  },
  logKeeper: { kind: "own", context: "apps/logs", from: "node", target: "runtime", httpClient: "wget" },
};

/** What the application path runs. */
const applicationImages: readonly ImageName[] = ["mysql", "redis", "haproxy", "api", "frontend"];
/** What only the logging runs; what watches needs all others. */
const loggingImages: readonly ImageName[] = [
  "elasticsearch",
  "filebeat",
  "elasticsearchExporter",
  "kibana",
  "logKeeper",
];

/** Names of the images that a stack with these settings runs, as far as they can be had. */
export function imagesOf({
  imageSource,
  monitoring,
  logging,
}: Pick<Settings, "imageSource" | "monitoring" | "logging">): ImageName[] {
  return imageNamesFrom(imageSource).filter((name) => {
    if (applicationImages.includes(name)) return true;
    return loggingImages.includes(name) ? logging : monitoring;
  });
}

/** Whether an image can be had from `source`. */
export function canBeHad(name: ImageName, source: ImageSource): boolean {
  const image = images[name];
  return source === "registry" || (image.kind === "own" ? canBeHad(image.from, source) : image.offline !== undefined);
}

/** Names of the images that can be had from a source. */
export const imageNamesFrom = (source: ImageSource): ImageName[] =>
  (Object.keys(images) as ImageName[]).filter((name) => canBeHad(name, source));

/** Names of the images that can be had wherever the system runs. */
export const imageNames: readonly ImageName[] = imageNamesFrom("offline");

/** `name:tag@digest`, so that a tag that was moved is never believed; without the digest where none is known for sure. */
export const upstreamReference = (image: UpstreamImage): string =>
  `${image.repository}:${image.tag}${image.digest === undefined ? "" : `@${image.digest}`}`;
