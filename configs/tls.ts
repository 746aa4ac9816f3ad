/** The certificate of the public ports, read and checked with the settings. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { projectName } from "./projectName";

/** A certificate chain and its private key, PEM text. */
export interface TlsPair {
  readonly certificate: string;
  readonly key: string;
}

/** A pair that does not fit would be refused by HAProxy alone, and by Nginx not before its next start. */
export function readTls(
  p: Readonly<Record<"tlsCertificateFile" | "tlsKeyFile", string>>,
  readFile: (path: string) => string,
  problems: string[],
): TlsPair | undefined {
  const keys = ["tlsCertificateFile", "tlsKeyFile"] as const;
  if (keys.every((key) => p[key] === "")) return undefined;
  const before = problems.length;
  const [certificate = "", key = ""] = keys.map((setting) => {
    if (p[setting] === "") {
      problems.push(
        `${projectName}:${setting} is empty while the other one of the pair is set: allowed is both or neither`,
      );
      return "";
    }
    try {
      return readFile(p[setting]);
    } catch (error) {
      problems.push(
        `${projectName}:${setting} is "${p[setting]}": ${error instanceof Error ? error.message : String(error)}`,
      );
      return "";
    }
  });
  if (problems.length > before) return undefined;
  try {
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
      problems.push(`${projectName}:tlsKeyFile is "${p.tlsKeyFile}": it is not the key of "${p.tlsCertificateFile}"`);
    }
  } catch {
    problems.push(
      `${projectName}:tlsCertificateFile is "${p.tlsCertificateFile}", tlsKeyFile is "${p.tlsKeyFile}": allowed are a certificate and an unencrypted private key that can be read as PEM`,
    );
  }
  return { certificate, key };
}
