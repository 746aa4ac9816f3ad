import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A self-signed certificate and its key, made for this test alone. */
export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Removes both. */
  remove(): void;
}

/** Makes a pair for a host with openssl, good for a day. */
export function tlsPair(host = "medassist.test"): TlsFiles {
  const folder = mkdtempSync(join(tmpdir(), "medassist-tls-"));
  const [certificateFile, keyFile] = [join(folder, "site.crt"), join(folder, "site.key")];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  const about = ["-days", "1", "-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  const made = spawnSync("openssl", ["req", "-x509", ...newKey, "-out", certificateFile, ...about], {
    encoding: "utf8",
    timeout: 30_000,
  });
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.error?.message ?? made.stderr}`);
  return { certificateFile, keyFile, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
