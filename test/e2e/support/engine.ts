/** What the engine knows about a stack's containers. */
import { run, tryRun } from "../../../scripts/setup/run";
import type { TestStack } from "./testStack";

/** The part of `docker inspect` that the tests read. */
export interface Container {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly State: { readonly Pid: number; readonly StartedAt: string; readonly Running: boolean };
  readonly HostConfig: {
    readonly PortBindings: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>
    > | null;
  };
  readonly Config: { readonly User: string; readonly Labels: Readonly<Record<string, string>> };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}

/** All containers of a stack, loaders and jobs too, by service name. */
export async function containersOf(stack: TestStack): Promise<Map<string, Container>> {
  const { containers } = await stack.belongings();
  if (containers.length === 0) return new Map();
  // One that is being replaced right now may be gone already: the others are printed all the same.
  const found = JSON.parse((await tryRun("docker", ["container", "inspect", ...containers])).stdout) as Container[];
  return new Map(found.map((c) => [c.Config.Labels["medassist.service"] ?? c.Name, c]));
}

/** Only those that run as services. */
export async function servicesOf(stack: TestStack): Promise<Map<string, Container>> {
  const all = await containersOf(stack);
  return new Map([...all].filter(([, c]) => c.Config.Labels["medassist.role"] === "service"));
}

/** What tells whether a service was replaced or restarted: its id and the moment of its start. */
export async function identities(stack: TestStack): Promise<Record<string, string>> {
  return Object.fromEntries([...(await servicesOf(stack))].map(([name, c]) => [name, `${c.Id} ${c.State.StartedAt}`]));
}

/** Names of the replicas among services. */
export const replicaNames = (services: Iterable<string>): string[] =>
  [...services].filter((name) => /^api\d*$/.test(name)).sort();

/** Runs a command inside a service's container, as the user it runs as. @returns standard output */
export async function inside(stack: TestStack, service: string, ...command: string[]): Promise<string> {
  return (await run("docker", ["exec", stack.container(service), ...command])).stdout;
}

/** Everything a container wrote. */
export async function logsOf(container: string): Promise<string> {
  const { stdout, stderr } = await run("docker", ["logs", container]);
  return stdout + stderr;
}

/**
 * SIGKILL to the first process of a replica's container, as the kernel's out-of-memory killer would send it: Docker then
 * starts it again. `docker kill` would not do, it counts as stopped by hand; nor can a process kill the first one of its
 * own container, so another container, which sees the host's processes, does it.
 */
export async function crash(replica: Container): Promise<void> {
  const program = "import os,sys;os.kill(int(sys.argv[1]),9)";
  const args = ["run", "--rm", "--pid=host", "--network=none", "--user=0:0", replica.Image];
  await run("docker", [...args, "python", "-c", program, String(replica.State.Pid)]);
}

/** Removes a container by hand. */
export async function removeByHand(container: string): Promise<void> {
  await tryRun("docker", ["rm", "--force", container]);
}
