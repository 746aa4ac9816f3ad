/** Files reach a service by a volume that a one-shot loader fills (design, section 4). */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { MiB, seconds } from "../../../configs/units";
import type { FileSet, NetworkName, Reload } from "../spec";
import { oneShotOptions, oneShotRules } from "./container";
import { failure } from "./failure";

const loaderScript = readFileSync(join(__dirname, "loader.sh"), "utf8");
const timeLimit = seconds(60);

export interface Delivered {
  readonly set: FileSet;
  readonly volume: docker.Volume;
  /** Fingerprint of the release: changes exactly when a file does. */
  readonly fingerprint: pulumi.Output<string>;
  /** The loader, once it has succeeded. */
  readonly loaded: pulumi.Output<pulumi.Resource[]>;
}

export interface DeliveryContext {
  readonly stack: string;
  readonly parent: pulumi.Resource;
  readonly image: pulumi.Input<string>;
  readonly needs: readonly Delivered[];
  /** Volume of the directory with the control socket, by its name. */
  readonly directory: (name: string) => pulumi.Input<string>;
  /** A network, by its role. */
  readonly network: (name: NetworkName) => pulumi.Input<string>;
}

/** Declares volume and loader of one set of files. */
export function deliver(set: FileSet, context: DeliveryContext): Delivered {
  const { stack, parent } = context;
  const secret = "secret" in set.content;
  const files: Readonly<Record<string, pulumi.Input<string>>> =
    "secret" in set.content ? set.content.secret : set.content.plain;
  const fingerprint = pulumi.output(files).apply(fingerprintOf);
  const volume = new docker.Volume(`${set.name}-files`, { name: `${stack}-${set.name}-files` }, { parent });
  const socket = set.reload.kind === "socket" ? set.reload : undefined;

  const loader = new docker.Container(
    `${set.name}-loader`,
    {
      ...oneShotRules(stack, `${set.name}-loader`, "loader", set.reload.kind === "http" ? [set.reload.network] : []),
      image: context.image,
      user: "0:0",
      entrypoints: ["timeout", String(timeLimit.wholeSeconds), "sh", "-c", loaderScript],
      command: [
        "loader",
        // One-way and of text with far more than 128 random bits: it tells nobody the secret, and may stand in the open.
        secret ? pulumi.unsecret(fingerprint) : fingerprint,
        `${set.owner.uid}:${set.owner.gid}`,
        secret ? "0400" : "0444",
        set.mount,
        ...(set.validate ?? []),
      ],
      envs: reloadEnvironment(set.reload),
      capabilities: { drops: ["ALL"], adds: ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"] },
      ...(set.reload.kind === "http"
        ? { networksAdvanced: [{ name: context.network(set.reload.network) }] }
        : { networkMode: "none" }),
      memory: MiB(128).mebibytes,
      memorySwap: MiB(128).mebibytes,
      uploads: Object.entries(files)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, content]) => ({ file: `/staging/${name}`, content: secret ? pulumi.secret(content) : content })),
      volumes: [
        { volumeName: volume.name, containerPath: set.mount },
        ...context.needs.map((d) => ({ volumeName: d.volume.name, containerPath: d.set.mount, readOnly: true })),
        ...(socket
          ? [{ volumeName: context.directory(socket.directory.name), containerPath: socket.directory.mount }]
          : []),
      ],
    },
    oneShotOptions(
      parent,
      context.needs.map((d) => d.loaded),
      ["uploads"],
    ),
  );

  const loaded = pulumi.all([loader.exitCode, loader.containerLogs]).apply(([status, log]) => {
    if (status !== 0 && !pulumi.runtime.isDryRun()) {
      throw failure(
        `The new files of ${set.name} were refused (status ${status}); what runs keeps its old ones:\n${(log ?? "").trim().replace(/^/gm, "    ")}`,
      );
    }
    return [loader as pulumi.Resource];
  });
  return { set, volume, fingerprint: secret ? pulumi.unsecret(fingerprint) : fingerprint, loaded };
}

/** What loader.sh is told about the reload. */
function reloadEnvironment(reload: Reload): string[] {
  if (reload.kind === "socket")
    return [`RELOAD=${reload.command}`, `SOCKET=${reload.socket}`, `SOCKET_OWNER_DIR=${reload.directory.mount}`];
  if (reload.kind !== "http") return [];
  // wget's words for "nobody is there" are busybox': every image with such a reload has it.
  return [
    `RELOAD=answer=$(wget -q -T 20 -O - --post-data= ${reload.url} 2>&1) || case $answer in *"bad address"* | *"can't connect"*) ;; *) echo "$answer"; exit 1 ;; esac`,
  ];
}

/** Short hash over names and texts. */
export function fingerprintOf(files: Readonly<Record<string, string>>): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(files).sort()) hash.update(JSON.stringify([name, files[name]]));
  return hash.digest("hex").slice(0, 16);
}
