import { labelKeys } from "../../configs/labels";
import { run, tryRun } from "../setup/run";

/** One service of a stack, as it is right now. */
export interface ServiceStatus {
  readonly service: string;
  readonly container: string;
  /** running, restarting, exited, … as Docker says. */
  readonly state: string;
  readonly health: "healthy" | "unhealthy" | "starting" | "none";
  /** Times that Docker has started it again after it ended. */
  readonly restarts: number;
  /** MiB in use, and the limit; undefined if it does not run. */
  readonly memory: { readonly used: number; readonly limit: number } | undefined;
  /** "address:port" on the host. */
  readonly listens: readonly string[];
}

interface Inspected {
  Name: string;
  RestartCount: number;
  State: { Status: string; Health?: { Status: ServiceStatus["health"] } };
  HostConfig: { Memory: number };
  Config: { Labels: Record<string, string> };
  NetworkSettings: { Ports: Record<string, { HostIp: string; HostPort: string }[] | null> };
}

/** The services of a stack, by name; loaders and jobs, which have ended, are left out. */
export async function readStatus(stack: string): Promise<ServiceStatus[]> {
  const filters = [`label=${labelKeys.stack}=${stack}`, `label=${labelKeys.role}=service`].flatMap((f) => [
    "--filter",
    f,
  ]);
  const { stdout } = await run("docker", ["ps", "--all", "--quiet", "--no-trunc", ...filters]);
  const ids = stdout.split("\n").filter((id) => id !== "");
  if (ids.length === 0) return [];
  const inspected = JSON.parse((await run("docker", ["inspect", ...ids])).stdout) as Inspected[];
  const used = await memoryInUse(ids);
  return inspected
    .map((c) => ({
      service: c.Config.Labels[labelKeys.service] ?? "",
      container: c.Name.slice(1),
      state: c.State.Status,
      health: c.State.Health?.Status ?? "none",
      restarts: c.RestartCount,
      memory:
        c.State.Status === "running"
          ? { used: used.get(c.Name.slice(1)) ?? 0, limit: c.HostConfig.Memory / 2 ** 20 }
          : undefined,
      listens: Object.values(c.NetworkSettings.Ports).flatMap((p) => (p ?? []).map((b) => `${b.HostIp}:${b.HostPort}`)),
    }))
    .sort((a, b) => a.service.localeCompare(b.service, "en", { numeric: true }));
}

async function memoryInUse(ids: readonly string[]): Promise<Map<string, number>> {
  // A container that ends meanwhile makes the whole command fail; its figure is then unknown, not the command.
  const { stdout } = await tryRun("docker", ["stats", "--no-stream", "--format", "{{.Name}}\t{{.MemUsage}}", ...ids]);
  return new Map(
    stdout.split("\n").flatMap((line) => {
      const [name, usage] = line.split("\t");
      return name && usage ? [[name, mebibytes(usage.split(" / ")[0] ?? "")]] : [];
    }),
  );
}

const factors: Readonly<Record<string, number>> = { B: 2 ** -20, KiB: 2 ** -10, MiB: 1, GiB: 2 ** 10 };

/** "190.9MiB" → 190.9; NaN for what Docker would never print. */
export function mebibytes(text: string): number {
  const [, number = "", unit = ""] = /^([\d.]+)([A-Za-z]+)$/.exec(text.trim()) ?? [];
  return Number(number) * (factors[unit] ?? Number.NaN);
}

/** Everything that should run does, and is healthy. A stack without services is not. */
export const isWell = (services: readonly ServiceStatus[]): boolean =>
  services.length > 0 &&
  services.every((s) => s.state === "running" && (s.health === "healthy" || s.health === "none"));

/** The table for people. */
export function formatStatus(stack: string, services: readonly ServiceStatus[]): string {
  if (services.length === 0)
    return `No service of the stack ${stack} is on this engine. \`npm run up\` brings it up.\n`;
  const rows = services.map((s) => [
    s.service,
    s.state,
    s.health,
    String(s.restarts),
    s.memory ? `${s.memory.used.toFixed(0)} of ${s.memory.limit.toFixed(0)} MiB` : "-",
    s.listens.join(", ") || "-",
  ]);
  const table = [["SERVICE", "STATE", "HEALTH", "RESTARTS", "MEMORY", "LISTENS ON"], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return `${table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")}\n`;
}
