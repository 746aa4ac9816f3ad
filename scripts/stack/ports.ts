/** Who holds a port that the stack wants to publish. */
import { readFileSync } from "node:fs";
import { canBeHad } from "../../configs/images";
import { labelKeys } from "../../configs/labels";
import { type PortName, portNames, type Settings } from "../../configs/settings";
import { run, tryRun } from "../setup/run";

export interface BusyPort {
  readonly port: number;
  /** The setting that asks for it. */
  readonly setting: string;
  readonly holder: string;
}

const always = (): boolean => true;
const watched = ({ monitoring }: Settings): boolean => monitoring;

/** Whether a stack with these settings publishes a port. */
export const publishes: Readonly<Record<PortName, (settings: Settings) => boolean>> = {
  frontend: always,
  entry: always,
  stats: always,
  prometheus: watched,
  alertmanager: watched,
  pushgateway: watched,
  incidents: watched,
  grafana: (settings) => watched(settings) && canBeHad("grafana", settings.imageSource),
  elasticsearch: ({ logging }) => logging,
  kibana: ({ logging, imageSource }) => logging && canBeHad("kibana", imageSource),
  // It is on an address of the stack's own, and its container does not say that it is ours.
  nodeExporter: () => false,
};

/** Which of the stack's published ports somebody else holds: a container of another stack, or a program. */
export async function busyPorts(settings: Settings): Promise<BusyPort[]> {
  const wanted = portNames
    .filter((name) => publishes[name](settings))
    .map((name) => ({ port: settings.ports[name], setting: `${name}Port` }));
  const containers = await containersByPort();
  const listening = listeningPorts(readProc("/proc/net/tcp"), readProc("/proc/net/tcp6"));
  const busy: BusyPort[] = [];
  for (const { port, setting } of wanted) {
    const container = containers.get(port);
    if (container?.stack === settings.stack) continue; // our own, from the last `up`
    if (container) busy.push({ port, setting, holder: `the container ${container.name}` });
    else if (listening.has(port)) busy.push({ port, setting, holder: await programAt(port) });
  }
  return busy;
}

async function containersByPort(): Promise<Map<number, { name: string; stack: string }>> {
  const format = `{{.Names}}\t{{.Label "${labelKeys.stack}"}}\t{{.Ports}}`;
  const { stdout } = await run("docker", ["ps", "--format", format]);
  const found = new Map<number, { name: string; stack: string }>();
  for (const line of stdout.split("\n")) {
    const [name = "", stack = "", published = ""] = line.split("\t");
    for (const match of published.matchAll(/:(\d+)->/g)) found.set(Number(match[1]), { name, stack });
  }
  return found;
}

/** Local ports in state LISTEN (0A), from the kernel's own tables: hexadecimal, after the address. */
export function listeningPorts(...tables: readonly string[]): Set<number> {
  const ports = new Set<number>();
  for (const line of tables.flatMap((table) => table.split("\n").slice(1))) {
    const [, local = "", , state] = line.trim().split(/\s+/);
    if (state === "0A") ports.add(Number.parseInt(local.split(":")[1] ?? "", 16));
  }
  return ports;
}

async function programAt(port: number): Promise<string> {
  const { stdout } = await tryRun("ss", ["-H", "-ltnp", `sport = :${port}`]);
  const match = /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout);
  return match ? `${match[1]} (process ${match[2]})` : "a program of another user";
}

function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not Linux, or no IPv6: the engine itself will say that the port is taken
  }
}
