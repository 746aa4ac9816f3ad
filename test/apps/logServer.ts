/**
 * The real Elasticsearch in containers such as the platform makes, on a configuration that configs/elasticsearch.ts renders,
 * with certificates of the test's own authority.
 */
import { expect } from "chai";
import { type Answer, createSend, type Method } from "../../apps/logs/src/outgoing";
import type { Authority, Pair } from "../../apps/logs/test/certificates";
import {
  elasticsearchCommand,
  elasticsearchFiles,
  elasticsearchHost,
  heapOptions,
  renderAdmin,
  renderElasticsearch,
} from "../../configs/elasticsearch";
import { ports } from "../../configs/ports";
import { MiB } from "../../configs/units";
import { docker, hardening, loaderCapabilities, tryDocker } from "../images/support";

/** Two passwords of the admin, with bcrypt's hash of each at its lowest cost. */
export const adminPasswords = {
  first: { password: "logAdmin1", hash: "$2b$04$abcdefghijklmnopqrstuuGMoh2LuT8/tcrjzzegn85/k/VszagTi" },
  second: { password: "logAdmin2", hash: "$2b$04$abcdefghijklmnopqrstuuc93Y1NHNnn2t.0t9ik8uFaHnGVC4d7i" },
} as const;

/** Names that the certificate of a server is for: where the network's programs and the test itself find it. */
const names = [`DNS:${elasticsearchHost}`, "DNS:localhost"];
const dataFolder = "/usr/share/elasticsearch/data";

export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface ServerOptions {
  readonly admin: keyof typeof adminPasswords;
  /** Days for which its certificate is good; -1: it has expired. */
  readonly days?: number;
  /** Where its data is: a volume of this name, or memory of this many MiB. */
  readonly data: string | { readonly memory: number };
}

/** Makes servers, one at a time on a network of its own. */
export class LogServers {
  readonly network: string;
  private readonly container: string;
  private readonly volumes = new Set<string>();
  private readonly connection: ReturnType<typeof createSend>;
  private made = 0;
  url = "";

  constructor(
    private readonly prefix: string,
    private readonly image: string,
    private readonly authority: Authority,
  ) {
    this.network = prefix;
    this.container = `${prefix}-elasticsearch`;
    this.connection = createSend(authority.certificate);
    docker(["network", "create", this.network]);
  }

  /** A volume that is removed with everything else. */
  volume(): string {
    const name = `${this.prefix}-${++this.made}`;
    this.volumes.add(name);
    docker(["volume", "create", name]);
    return name;
  }

  /** A volume with files, as the platform's loader makes it. */
  filled(owner: string, files: Readonly<Record<string, string>>, image = this.image): string {
    const name = this.volume();
    const script = Object.keys(files).map((file, index) => `printf %s "$F${index}" > /v/${file}`);
    const texts = Object.fromEntries(Object.values(files).map((text, index) => [`F${index}`, text]));
    const options = ["--rm", "--user", "0:0", ...hardening, ...loaderCapabilities, "-v", `${name}:/v`];
    const env = Object.keys(texts).flatMap((variable) => ["-e", variable]);
    const own = `chown -R ${owner} /v && chmod -R u=rX,go= /v`;
    docker(["run", ...options, ...env, "--entrypoint", "sh", image, "-c", [...script, own].join(" && ")], {
      env: texts,
    });
    return name;
  }

  /** Starts a server in the place of the last one, and waits until it answers. */
  async start({ admin, days = 1, data }: ServerOptions): Promise<void> {
    this.remove();
    const pair: Pair = this.authority.sign(names, days);
    const { users, usersRoles } = renderAdmin(adminPasswords[admin].hash);
    const config = this.filled("1000:0", {
      [elasticsearchFiles.config]: renderElasticsearch({ stack: "test", imageSource: "offline" }),
    });
    const secrets = this.filled("1000:0", {
      [elasticsearchFiles.users]: users,
      [elasticsearchFiles.usersRoles]: usersRoles,
      [elasticsearchFiles.certificate]: pair.certificate,
      [elasticsearchFiles.key]: pair.key,
    });
    const folder = "/run/elasticsearch";
    const place = typeof data === "string" ? ["-v", `${data}:${dataFolder}`] : memory(dataFolder, data.memory);
    const command = elasticsearchCommand({ folder, config: "/config", secrets: "/secrets" });
    docker([
      ...["run", "-d", "--name", this.container, "--user", "1000:0", ...hardening, "--memory", "1331m"],
      ...["--network", this.network, "--network-alias", elasticsearchHost, "-p", `127.0.0.1::${ports.elasticsearch}`],
      ...["--tmpfs", "/tmp", ...memory(folder, 16), ...memory("/usr/share/elasticsearch/logs", 16), ...place],
      ...["-v", `${config}:/config:ro`, "-v", `${secrets}:/secrets:ro`],
      ...["-e", `ES_PATH_CONF=${folder}`, "-e", `ES_JAVA_OPTS=${heapOptions(MiB(512))}`],
      ...[this.image, ...command],
    ]);
    const port = /:(\d+)$/.exec(
      docker(["port", this.container, String(ports.elasticsearch)]).split("\n")[0] ?? "",
    )?.[1];
    this.url = `https://localhost:${port}`;
    const end = Date.now() + 120_000;
    // Also whoever does not trust its certificate sees that it listens.
    while (!/"message":"started \{/.test(this.logs())) {
      if (Date.now() > end) throw new Error(`Elasticsearch does not start:\n${this.logs().slice(-3000)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Ends it as `docker stop` does; its data stays. */
  stop(): void {
    docker(["stop", "-t", "60", this.container]);
  }

  /** What it says, with what Docker says. */
  logs(): string {
    return tryDocker(["logs", this.container]).output;
  }

  /** Bytes that the indices take on the disk, all of them. */
  diskUsed(): number {
    const count = `du -sb ${dataFolder}/indices | cut -f1`;
    return Number(docker(["exec", this.container, "sh", "-c", count]));
  }

  /** Somebody else's data on the disk of the server: so much that this many MiB are free. */
  fillDisk(free: number): void {
    const size = `$(($(df -m ${dataFolder} | awk 'NR == 2 { print $4 }') - ${free}))`;
    const write = `dd if=/dev/zero of=${dataFolder}/others bs=1M count=${size} 2>&1`;
    docker(["exec", this.container, "sh", "-c", write]);
  }

  async ask(login: Login, method: Method, path: string, body?: object | string): Promise<Answer> {
    const authorization = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
    const text = typeof body === "object" ? JSON.stringify(body) : body;
    const kind = typeof body === "string" ? "application/x-ndjson" : "application/json";
    const headers = { authorization, ...(text === undefined ? {} : { "content-type": kind }) };
    const request = { method, url: this.url + path, headers, ...(text === undefined ? {} : { body: text }) };
    return this.connection.send(request, { time: 60_000, size: 16 * 1024 * 1024 });
  }

  /** The answer, which must be a good one. */
  async told<T>(login: Login, method: Method, path: string, body?: object | string): Promise<T> {
    const { status, body: text } = await this.ask(login, method, path, body);
    expect(status, `${method} ${path}: ${text.slice(0, 500)}`).to.be.within(200, 299);
    return JSON.parse(text) as T;
  }

  /** Documents through the bulk API, as Filebeat sends them; each may name its `_id`. @returns the status of each */
  async bulk(login: Login, stream: string, operation: string, documents: readonly object[]): Promise<number[]> {
    const lines = documents.flatMap((document, index) => {
      const { _id = `${stream}-${index}`, ...source } = document as { readonly _id?: string };
      return [JSON.stringify({ [operation]: { _id } }), JSON.stringify(source)];
    });
    return this.bulkText(login, stream, `${lines.join("\n")}\n`);
  }

  async bulkText(login: Login, index: string, text: string): Promise<number[]> {
    const { items } = await this.told<{ items: Record<string, { status: number }>[] }>(
      login,
      "POST",
      `/${index}/_bulk`,
      text,
    );
    return items.map((item) => Object.values(item)[0]?.status ?? 0);
  }

  async count(login: Login, stream: string): Promise<number> {
    return (await this.told<{ count: number }>(login, "GET", `/${stream}/_count`)).count;
  }

  private remove(): void {
    tryDocker(["rm", "-f", "-v", this.container]);
  }

  /** Removes everything. */
  close(): void {
    this.connection.close();
    this.remove();
    for (const name of this.volumes) tryDocker(["volume", "rm", "-f", name]);
    tryDocker(["network", "rm", this.network]);
  }
}

/** A line of HAProxy's, now. */
export const line = (more: object = {}): object => ({
  "@timestamp": new Date().toISOString(),
  service: "haproxy",
  ...more,
});

const memory = (path: string, mebibytes: number): string[] => [
  "--tmpfs",
  `${path}:uid=1000,gid=0,mode=0770,size=${mebibytes}m`,
];
