import type { PortName, Settings } from "./settings";

/** How a person on this host reaches an address that was listened on: 0.0.0.0 is no address to go to. */
export const reachableHost = (address: string): string => (address === "0.0.0.0" ? "127.0.0.1" : address);

/** Where a person on this host reaches a public port. */
export function publicUrl(settings: Pick<Settings, "tls" | "publicAddress">, port: number): string {
  return `${settings.tls ? "https" : "http"}://${reachableHost(settings.publicAddress)}:${port}`;
}

/** Where an operator on this host reaches a port of theirs. */
export function adminUrl(settings: Pick<Settings, "adminAddress" | "ports">, port: PortName): string {
  return `http://${reachableHost(settings.adminAddress)}:${settings.ports[port]}`;
}
