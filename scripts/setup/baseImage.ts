/**
 * The base image of the offline builds: a Debian file tree made by debootstrap from the mirror which this machine's
 * own apt sources name, imported into the Docker engine. What it consists of is said in images/base/recipe.ts.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { cp, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { baseImageReference, baseRecipe } from "../../images/base/recipe";
import { type AptSource, findMirror, type Mirror, parseAptSources } from "./aptSources";
import { ensureDebianPackages } from "./debian";
import { SetupError } from "./errors";
import { type Log, step } from "./progress";

/** Not os.tmpdir(): /tmp is often mounted `nodev`, where debootstrap refuses to work. */
const workRoot = "/var/tmp";
const workPrefix = "medassist-base-";

/**
 * Makes sure that the engine has the base image. Does nothing when it has.
 * @throws SetupError when this machine cannot build it
 */
export async function ensureBaseImage(log: Log): Promise<{ reference: string }> {
  const reference = baseImageReference();
  if (imageExists(reference)) return { reference };

  const mirror = findMirror(readAptSources(), readHostRelease());
  if (process.getuid?.() !== 0) {
    throw new SetupError(
      "the base image of the offline builds needs root (debootstrap makes a Debian tree)",
      "use sudo, once",
    );
  }
  await ensureDebianPackages(["debootstrap"], log);
  removeLeftovers();
  await step(log, `Building the base image from Debian ${baseRecipe.suite} (about 90 s, once)`, (note) =>
    build(reference, mirror, note),
  );
  return { reference };
}

async function build(reference: string, mirror: Mirror, note: (text: string) => void): Promise<void> {
  const dir = mkdtempSync(join(workRoot, `${workPrefix}${process.pid}-`));
  const children = new Set<ChildProcess>();
  const cleanUp = (): void => {
    // Each command leads a process group of its own: debootstrap is a tree of shells.
    for (const { pid } of children) if (pid !== undefined) killGroup(pid);
    removeTree(dir);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    cleanUp();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal).once("exit", cleanUp);
  try {
    const root = join(dir, "root");
    note("debootstrap");
    await exec(children, "debootstrap", [`--variant=${baseRecipe.variant}`, baseRecipe.suite, root, mirror.archive]);
    await writeFiles(root, mirror);
    note("newest packages, clean-up");
    await exec(children, "chroot", [root, "/bin/sh", "-ec", baseRecipe.finish.join("\n")]);
    unmountBelow(root);
    note("import into Docker");
    await importTree(children, root, reference);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal).off("exit", cleanUp);
    cleanUp();
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // it has ended meanwhile
  }
}

function imageExists(reference: string): boolean {
  const result = spawnSync("docker", ["image", "inspect", "--format", "{{.Id}}", reference], { encoding: "utf8" });
  if (result.status === 0) return true;
  if (/no such image/i.test(result.stderr ?? "")) return false;
  throw new SetupError(`Docker does not answer: ${result.error?.message ?? result.stderr.trim()}`);
}

async function writeFiles(root: string, mirror: Mirror): Promise<void> {
  const put = async (path: string, text: string, mode = 0o644): Promise<void> => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  for (const file of baseRecipe.files) await put(file.path, file.text, file.mode);

  await put("/etc/apt/sources.list", "");
  await put("/etc/apt/sources.list.d/debian.sources", renderSources(mirror));
  copyFileSync("/etc/resolv.conf", join(root, "etc/resolv.conf"));

  // What the host trusts, a build trusts: also a company's TLS proxy.
  if (!existsSync(baseRecipe.caBundle)) return;
  for (const path of [baseRecipe.caBundle, baseRecipe.hostCaBundle]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(baseRecipe.caBundle, join(root, path));
  }
  const local = "/usr/local/share/ca-certificates";
  if (existsSync(local)) await cp(local, join(root, local), { recursive: true, dereference: true });
}

function renderSources(mirror: Mirror): string {
  const stanza = (uri: string, suites: string): string =>
    `Types: deb\nURIs: ${uri}\nSuites: ${suites}\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`;
  const { suite } = baseRecipe;
  const stanzas = [stanza(mirror.archive, mirror.updates ? `${suite} ${suite}-updates` : suite)];
  if (mirror.security !== undefined) stanzas.push(stanza(mirror.security, `${suite}-security`));
  return stanzas.join("\n");
}

/**
 * The tag is set last, and only when both programs succeeded: nobody ever sees a half image under the name.
 */
async function importTree(children: Set<ChildProcess>, root: string, reference: string): Promise<void> {
  const reproducible = ["--sort=name", "--numeric-owner", "--mtime=@0", "--clamp-mtime"];
  const tar = spawn("tar", ["-C", root, ...reproducible, "--one-file-system", "-c", "."], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const changes = baseRecipe.changes.flatMap((change) => ["--change", change]);
  const docker = spawn("docker", ["import", ...changes, "-"], { detached: true, stdio: ["pipe", "pipe", "inherit"] });
  docker.stdin.on("error", () => undefined); // docker's own exit status says what is wrong
  tar.stdout.pipe(docker.stdin);
  let id = "";
  docker.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    id += chunk;
  });
  const results = await Promise.allSettled([
    finished(children, tar, "tar"),
    finished(children, docker, "docker import"),
  ]);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    if (id.trim() !== "") spawnSync("docker", ["image", "rm", id.trim()]);
    throw failed.reason;
  }
  await exec(children, "docker", ["tag", id.trim(), reference]);
}

function exec(children: Set<ChildProcess>, command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  });
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      tail = (tail + chunk).slice(-2000);
    });
  }
  return finished(children, child, command, () => tail);
}

function finished(
  children: Set<ChildProcess>,
  child: ChildProcess,
  name: string,
  output: () => string = () => "",
): Promise<void> {
  children.add(child);
  return new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve();
      const lines = output().trim().split("\n").slice(-5).join("\n");
      reject(
        new SetupError(`base image: ${name} failed (${signal ?? `exit status ${code}`})${lines && `:\n${lines}`}`),
      );
    });
  }).finally(() => children.delete(child));
}

/** debootstrap mounts /proc in the tree; nothing below a mount may be deleted. */
function unmountBelow(dir: string): void {
  const mounts = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${dir}/`));
  for (const path of mounts.reverse()) spawnSync("umount", ["-l", path]);
}

function removeTree(dir: string): void {
  unmountBelow(dir);
  spawnSync("rm", ["-rf", "--one-file-system", dir]);
}

/** Trees of runs which were killed hard: their names carry the process id. */
function removeLeftovers(): void {
  for (const name of readdirSync(workRoot)) {
    const pid = new RegExp(`^${workPrefix}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeTree(join(workRoot, name));
  }
}

function readAptSources(): AptSource[] {
  const dir = "/etc/apt/sources.list.d";
  const files = existsSync(dir)
    ? readdirSync(dir)
        .sort()
        .map((name) => join(dir, name))
    : [];
  return ["/etc/apt/sources.list", ...files]
    .filter((path) => /\.(list|sources)$/.test(path) && existsSync(path))
    .flatMap((path) => parseAptSources(path, readFileSync(path, "utf8"), readMirrorList));
}

/** `mirror+file:/path`: cloud images of Debian keep their mirror in a file of its own. */
function readMirrorList(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function readHostRelease(): { id: string; codename: string } {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const value = (key: string): string => new RegExp(`^${key}="?([^"\n]*)`, "m").exec(text)?.[1] ?? "";
  return { id: value("ID"), codename: value("VERSION_CODENAME") };
}
