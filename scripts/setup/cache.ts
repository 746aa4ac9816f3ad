import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Written into an entry as its last file. */
const MANIFEST = "complete.json";

/** Sizes in bytes of the programs of an entry, by name: what a truncated copy would not have. */
type Manifest = Readonly<Record<string, number>>;

/**
 * The name of a cache entry: the same inputs give the same key, on every machine.
 * @param files contents by path, in any order
 * @param facts whatever else decides what is built: versions, platform, build arguments
 * @returns 16 hexadecimal digits
 */
export function cacheKey(files: ReadonlyMap<string, string>, facts: unknown): string {
  const hash = createHash("sha256");
  for (const path of [...files.keys()].sort()) hash.update(JSON.stringify([path, files.get(path)]));
  hash.update(JSON.stringify(facts));
  return hash.digest("hex").slice(0, 16);
}

/**
 * The source files below a folder, by path relative to it. Left out is what cannot change a program (*.md) and what a
 * build by hand leaves behind (generated/*.json).
 */
export function sourceFiles(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name));
    if (!entry.isFile() || path.endsWith(".md") || /(^|\/)generated\/.*\.json$/.test(path)) continue;
    files.set(path, readFileSync(join(folder, path), "utf8"));
  }
  return files;
}

/** The programs of an entry that are not there as they were when it was made; empty when it can be used. */
export function missingFrom(entry: string, programs: readonly string[]): string[] {
  const file = join(entry, MANIFEST);
  if (!existsSync(file)) return [...programs];
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
  } catch {
    return [...programs];
  }
  return programs.filter((name) => {
    const stat = statSync(join(entry, "bin", name), { throwIfNoEntry: false });
    return !stat?.isFile() || stat.size !== manifest[name] || (stat.mode & 0o111) === 0;
  });
}

/**
 * Makes a cache entry in one step: it is either not there or complete, also when this process is killed.
 * The caller holds the lock of the cache.
 * @param entry folder of the entry; a broken one is replaced
 * @param programs what `fill` puts into `bin`
 * @param fill writes the programs into the `bin` of a temporary folder beside the entry; the folder itself may be used
 *   as a workshop, only `bin` is kept
 */
export async function publish(
  entry: string,
  programs: readonly string[],
  fill: (workshop: string, bin: string) => Promise<void>,
): Promise<void> {
  const parent = dirname(entry);
  mkdirSync(parent, { recursive: true });
  // Whoever left these was killed: the lock is ours.
  for (const name of readdirSync(parent)) {
    if (name.startsWith(".work-")) rmSync(join(parent, name), { recursive: true, force: true });
  }
  const workshop = join(parent, `.work-${process.pid}`);
  const made = join(workshop, "entry");
  const bin = join(made, "bin");
  mkdirSync(bin, { recursive: true });
  try {
    await fill(workshop, bin);
    const manifest: Manifest = Object.fromEntries(programs.map((name) => [name, statSync(join(bin, name)).size]));
    writeFileSync(join(made, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    rmSync(entry, { recursive: true, force: true });
    renameSync(made, entry);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
