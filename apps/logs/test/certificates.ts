/** Certificates that tests make with openssl, good for a day or expired for one. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** An authority and what it signs; PEM. */
export class Authority {
  private readonly folder = mkdtempSync(join(tmpdir(), "logs-tls-"));
  private count = 0;

  constructor() {
    const about = ["-days", "2", "-subj", "/CN=authority of a test", "-addext", "basicConstraints=critical,CA:TRUE"];
    this.run(["req", "-x509", ...newKey, "-keyout", this.path("ca.key"), "-out", this.path("ca.crt"), ...about]);
  }

  get certificate(): string {
    return this.read("ca.crt");
  }

  /** @param names such as `DNS:localhost` or `IP:127.0.0.1` */
  sign(names: readonly string[], days = 1): Pair {
    const [key, request, signed, more] = ["key", "csr", "crt", "ext"].map((kind) => `${this.count}.${kind}`) as [
      string,
      string,
      string,
      string,
    ];
    this.count++;
    writeFileSync(this.path(more), `subjectAltName=${names.join(",")}\n`);
    this.run([
      "req",
      ...newKey,
      "-keyout",
      this.path(key),
      "-out",
      this.path(request),
      "-subj",
      "/CN=server of a test",
    ]);
    const by = ["-CA", this.path("ca.crt"), "-CAkey", this.path("ca.key"), "-CAcreateserial"];
    const about = ["-days", String(days), "-extfile", this.path(more)];
    this.run(["x509", "-req", "-in", this.path(request), ...by, "-out", this.path(signed), ...about]);
    return { certificate: this.read(signed), key: this.read(key) };
  }

  /** Removes its files. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private path(name: string): string {
    return join(this.folder, name);
  }

  private read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  private run(args: readonly string[]): void {
    const { status, stderr, error } = spawnSync("openssl", args, { encoding: "utf8", timeout: 30_000 });
    if (status !== 0) throw new Error(`openssl ${args[0]}: ${error?.message ?? stderr}`);
  }
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
