/**
 * Every image of the system: where it is pulled from, and how it is built where no registry can be reached.
 *
 * Tags and digests: facts of 2026-11-22, each digest pinned alike by at least three independent projects.
 */

/** What the program inside an image can be asked with, from inside its container. */
export type HttpClient = "wget" | "bash";

/** An image made by others. */
export interface UpstreamImage {
  readonly kind: "upstream";
  readonly repository: string;
  readonly tag: string;
  /** Digest of the multi-architecture index. */
  readonly digest: string;
  /** Folder with the Dockerfile that keeps the same contract, built on Debian packages. */
  readonly offline: string;
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

export type ImageName = "python" | "mysql" | "redis" | "haproxy" | "nginx" | "api" | "frontend";

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
  frontend: { kind: "own", context: "apps/frontend", from: "nginx", target: "runtime", httpClient: "wget" },
};

/** Names of all images. */
export const imageNames = Object.keys(images) as ImageName[];

/** `name:tag@digest`, so that a tag that was moved is never believed. */
export const upstreamReference = (image: UpstreamImage): string => `${image.repository}:${image.tag}@${image.digest}`;
