import { existsSync, readFileSync, statfsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Env } from "./run";

/** The checkout. */
export const repoRoot = resolve(__dirname, "..", "..");

/** Where tools and downloads are kept for this user, shared by all clones: $XDG_CACHE_HOME/medassist or ~/.cache/medassist. */
export function cacheRoot(env: Env = process.env, home: string = homedir()): string {
  const xdg = env.XDG_CACHE_HOME;
  // The specification wants relative values ignored.
  return join(xdg?.startsWith("/") ? xdg : join(home, ".cache"), "medassist");
}

/** The resource plugins of Pulumi that the program uses, each for the package `@pulumi/NAME`. */
export const pluginNames = ["docker", "random", "tls"] as const;
export type PluginName = (typeof pluginNames)[number];

/** What package.json pins; the single place where these versions are written. */
export interface PinnedVersions extends Readonly<Record<PluginName, string>> {
  /** Smallest Node version, as a range: ">=20.19". */
  readonly node: string;
  /** Pulumi CLI and SDK. */
  readonly pulumi: string;
}

/** @throws Error when package.json does not pin one of them exactly */
export function pinnedVersions(
  packageJson: string = readFileSync(join(repoRoot, "package.json"), "utf8"),
): PinnedVersions {
  const parsed = JSON.parse(packageJson) as { engines?: Record<string, string>; dependencies?: Record<string, string> };
  const pinned = (name: string): string => {
    const version = parsed.dependencies?.[name] ?? "";
    if (!/^\d+\.\d+\.\d+$/.test(version)) {
      throw new Error(`package.json must pin ${name} to one exact version such as 3.248.0; it has "${version}"`);
    }
    return version;
  };
  return {
    node: parsed.engines?.node ?? ">=20.19",
    pulumi: pinned("@pulumi/pulumi"),
    docker: pinned("@pulumi/docker"),
    random: pinned("@pulumi/random"),
    tls: pinned("@pulumi/tls"),
  };
}

/** Free space in GiB of the disk that holds `path`, or would hold it once it is made. */
export function freeGiB(path: string): number {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const disk = statfsSync(folder);
  return (disk.bavail * disk.bsize) / 2 ** 30;
}
