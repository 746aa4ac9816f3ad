/**
 * What runs, as plain data. Components make these; a platform turns them into resources: today containers of one
 * Docker engine, later services of a Swarm, and in the tests a recording. So how a file is delivered, where a port is
 * published and how a reload is done is the platform's business.
 */
import type * as pulumi from "@pulumi/pulumi";
import type { ImageName } from "../../configs/images";
import type { Duration, Size } from "../../configs/units";
import type { Probe } from "./probe";

/** The two networks of the report: what patients' requests cross, and what watches. */
export type NetworkName = "medassist" | "monitoring";

/** A user and group inside a container, by number. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Text that is secret and may be known only later. */
export type SecretText = pulumi.Output<string>;

/**
 * Files that a service reads, in a volume that a one-shot loader fills: it writes a new release, lets the image's own
 * tool check it, and switches `<mount>/current` to it in one rename (design, section 4).
 */
export interface FileSet {
  /** Name of the set, unique in the stack; services may share one. */
  readonly name: string;
  /** The image whose tool checks the files. */
  readonly image: ImageName;
  readonly owner: Owner;
  /** The files stand in `<mount>/current/`. */
  readonly mount: string;
  /** Text by file name, in a folder if need be; either all plain, or all secret (mode 0400). */
  readonly content:
    | { readonly plain: Readonly<Record<string, string>> }
    | { readonly secret: Readonly<Record<string, SecretText>> };
  /** Run in the new release's folder; a status other than 0 refuses the release. */
  readonly validate?: readonly string[];
  /** Other sets that the check or the reload needs, mounted read-only and loaded before. */
  readonly needs?: readonly FileSet[];
  readonly reload: Reload;
}

/** What makes a running service take a new release. */
export type Reload =
  /** The service reads its files only when it starts: it is replaced. */
  | { readonly kind: "restart" }
  /** The service watches `current` itself. */
  | { readonly kind: "watched" }
  /** A shell command; it ends with another status than 0 if the service refused. Run only while `socket` is there. */
  | { readonly kind: "socket"; readonly directory: SharedDirectory; readonly socket: string; readonly command: string }
  /** A POST to the service, whose answer other than 200 is a refusal; nobody answering means that it does not run. */
  | { readonly kind: "http"; readonly network: NetworkName; readonly url: string };

/** A directory that a service and its loader share, for a control socket. */
export interface SharedDirectory {
  readonly name: string;
  readonly mount: string;
}

/** Data that outlives containers. */
export interface DataVolume {
  readonly name: string;
  readonly mount: string;
  /** Keep it when the stack is taken down. */
  readonly protect: boolean;
  /** Passwords and keys without which the data is worthless: they are kept as long as it is. */
  readonly openedBy: readonly pulumi.Resource[];
}

/** A port on the host. */
export interface PublishedPort {
  readonly internal: number;
  readonly external: number;
  /** IPv4 address of the host. */
  readonly address: string;
}

export interface Tmpfs {
  readonly mount: string;
  readonly owner?: Owner;
}

/**
 * Stands in a command for the address under which the services on the network `monitoring` reach this host, and under
 * which nobody outside does: who watches the host listens there.
 */
export const hostAddress = "{host-address}";
/** The name by which a service with `reachesHost` calls that address. */
export const hostName = "host.internal";

/** What a service that watches the host sees of it; nobody else gets any of this. */
export interface HostView {
  /** Folders of the host, read-only. */
  readonly mounts: readonly { readonly path: string; readonly mount: string }[];
  /** Interfaces and ports of the host, instead of networks of its own. */
  readonly network?: boolean;
  /** Processes of the host. */
  readonly processes?: boolean;
  readonly capabilities?: readonly string[];
  /** Devices of the host, readable. */
  readonly devices?: readonly string[];
}

/** One container that runs for as long as the stack does. */
export interface ServiceSpec {
  /** Alias in its networks, and the last part of its name on the engine. */
  readonly name: string;
  readonly image: ImageName;
  readonly command?: readonly string[];
  /** Instead of the program that the image starts. */
  readonly entrypoint?: readonly string[];
  /** Nothing secret: whoever may inspect a container reads these. */
  readonly env?: Readonly<Record<string, string>>;
  readonly owner: Owner;
  readonly files?: readonly FileSet[];
  readonly directories?: readonly SharedDirectory[];
  readonly data?: readonly DataVolume[];
  readonly tmpfs?: readonly Tmpfs[];
  readonly networks: readonly NetworkName[];
  readonly publish?: readonly PublishedPort[];
  /** It watches the host. */
  readonly host?: HostView;
  /** It calls a service that watches the host, by `hostName`. */
  readonly reachesHost?: boolean;
  readonly probe: Probe;
  /**
   * Whether an `up` waits until it is healthy. Otherwise that it runs is enough, and that it is unhealthy an error.
   * @default true
   */
  readonly awaited?: boolean;
  /** Limit of memory; there is no swap on top. */
  readonly memory: Size;
  /** From SIGTERM to SIGKILL. */
  readonly stopGrace: Duration;
}

/** Replicas of one thing, changed in waves; the next wave begins when every replica of the last is healthy. */
export interface RollGroupSpec {
  readonly name: string;
  readonly replicas: readonly ServiceSpec[];
  /** A replica counts only when it has run for this long, so that the load balancer has seen it too. */
  readonly minimumUptime: Duration;
}

/** A program that runs once and must succeed. It runs again when its image, command or environment changes. */
export interface JobSpec {
  readonly name: string;
  readonly image: ImageName;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly owner: Owner;
  readonly files: readonly FileSet[];
  readonly networks: readonly NetworkName[];
  readonly memory: Size;
}

/** A condition of the whole, asked at the end of every `up`. */
export interface GateSpec {
  readonly name: string;
  readonly url: string;
  /** When this has passed without a 200, the `up` fails with the last answer. */
  readonly within: Duration;
}
