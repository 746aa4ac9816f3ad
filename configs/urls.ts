import type { Settings } from "./settings";

/** How a person on this host reaches a public port. 0.0.0.0 is no address to go to, so this host stands for it. */
export function publicUrl(settings: Pick<Settings, "tls" | "publicAddress">, port: number): string {
  const host = settings.publicAddress === "0.0.0.0" ? "127.0.0.1" : settings.publicAddress;
  return `${settings.tls ? "https" : "http"}://${host}:${port}`;
}
