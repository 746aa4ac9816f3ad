/** Who may ask: the bearer token of the notifications, or the administrator's password by HTTP basic. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Problem } from "../problem";

export const adminUser = "admin";

/** `bearer` for programs, `basic` for people in a browser. */
export type Scheme = "bearer" | "basic";

export interface Secrets {
  readonly webhookToken: string;
  readonly adminPassword: string;
}

/** @throws Problem 401 naming the schemes that are accepted */
export function requireAuth(headers: IncomingHttpHeaders, schemes: readonly Scheme[], secrets: Secrets): void {
  const { scheme, credentials } = readAuthorization(headers.authorization ?? "");
  if (scheme === "bearer" && schemes.includes("bearer") && equal(credentials, secrets.webhookToken)) return;
  if (scheme === "basic" && schemes.includes("basic")) {
    const pair = Buffer.from(credentials, "base64").toString("utf8");
    if (equal(pair, `${adminUser}:${secrets.adminPassword}`)) return;
  }
  const challenges = { bearer: 'Bearer realm="incidents"', basic: 'Basic realm="incidents", charset="UTF-8"' };
  throw new Problem({
    status: 401,
    slug: "unauthorized",
    title: "Unauthorized",
    detail: credentials ? "The credentials are not the right ones." : "Credentials are missing.",
    field: "Authorization",
    headers: { "www-authenticate": schemes.map((accepted) => challenges[accepted]).join(", ") },
  });
}

function readAuthorization(header: string): { readonly scheme: string; readonly credentials: string } {
  const space = header.indexOf(" ");
  return space === -1
    ? { scheme: header.toLowerCase(), credentials: "" }
    : { scheme: header.slice(0, space).toLowerCase(), credentials: header.slice(space + 1).trim() };
}

/** The time it takes tells nothing of the secret, not even its length. */
export function equal(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}
