/**
 * What the tests with the real programs share: they run containers with exactly what the program declares for the
 * platform (user, capabilities, limits, volumes, command), in the images that `up` uses, without any network.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect } from "chai";
import type { ImageName } from "../../configs/images";
import type { ImageSource } from "../../configs/settings";
import { repoRoot } from "../../scripts/setup/paths";
import { docker, preparationLimit, type Result, readyImages, tryDocker } from "../images/support";
import { declare, ofKind, type Recorded } from "../support/mocks";

/** Inputs of a container, as the program hands them to the provider. */
interface Inputs {
  readonly image: string;
  readonly user?: string;
  readonly entrypoints?: readonly string[];
  readonly command?: readonly string[];
  readonly envs?: readonly string[];
  readonly readOnly?: boolean;
  readonly tmpfs?: Readonly<Record<string, string>>;
  readonly capabilities?: { readonly drops?: readonly string[]; readonly adds?: readonly string[] };
  readonly securityOpts?: readonly string[];
  readonly memory?: number;
  readonly memorySwap?: number;
  readonly volumes?: readonly { volumeName: string; containerPath: string; readOnly?: boolean }[];
  readonly uploads?: readonly { file: string; content: string }[];
  readonly healthcheck?: { readonly tests: readonly string[] };
}

/** Inputs that make no difference to what a program in the container can do, or that a test without network leaves out. */
const leftOut = new Set(
  "name hostname labels ports networksAdvanced networkMode hosts restart init attach logs mustRun destroyGraceSeconds stopTimeout logDriver logOpts".split(
    " ",
  ),
);
const translated = new Set(
  "image user entrypoints command envs readOnly tmpfs capabilities securityOpts memory memorySwap volumes uploads healthcheck".split(
    " ",
  ),
);

/** Files that a loader gets, by name. */
export type Files = Readonly<Record<string, string>>;

/** The program's containers under one stack's name, to be run one by one. */
export class Program {
  constructor(
    readonly stack: string,
    private readonly recorded: readonly Recorded[],
    private readonly references: Readonly<Record<string, string>>,
  ) {}

  inputs(name: string): Inputs {
    const found = ofKind(this.recorded, "Container").find((r) => r.name === name);
    if (!found) throw new Error(`the program declares no container ${name}`);
    const unknown = Object.keys(found.inputs).filter((key) => !leftOut.has(key) && !translated.has(key));
    expect(unknown, `inputs of ${name} that test/tools/support.ts does not know yet`).to.deep.equal([]);
    return found.inputs as unknown as Inputs;
  }

  /** Files that a loader was given, by name. */
  files(loader: string): Files {
    return Object.fromEntries((this.inputs(loader).uploads ?? []).map((u) => [basename(u.file), u.content]));
  }

  container(name: string): string {
    return `${this.stack}-${name}`;
  }

  /**
   * Runs a loader to its end. Its container stays until the clean-up, for a look at what it left behind.
   * @param change other files than the declared ones, another name of the release, or another check
   */
  load(
    loader: string,
    change: { readonly files?: Files; readonly release?: string; readonly check?: readonly string[] } = {},
  ): Result {
    const inputs = this.inputs(loader);
    const [name = "", hash = "", owner = "", mode = "", mount = "", ...check] = inputs.command ?? [];
    const command = [name, change.release ?? hash, owner, mode, mount, ...(change.check ?? check)];
    const container = this.container(loader);
    tryDocker(["rm", "-f", "-v", container]);
    docker(["create", "--name", container, ...this.options(inputs), ...command]);
    this.upload(container, change.files ?? this.files(loader), inputs);
    return tryDocker(["start", "--attach", container]);
  }

  private upload(container: string, files: Files, inputs: Inputs): void {
    const folder = mkdtempSync(join(tmpdir(), "medassist-tools-"));
    try {
      const staging = dirname(inputs.uploads?.[0]?.file ?? "/staging/x");
      const copy = join(folder, basename(staging));
      mkdirSync(copy);
      for (const [name, text] of Object.entries(files)) writeFileSync(join(copy, name), text);
      docker(["cp", copy, `${container}:${dirname(staging)}`]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Starts a service; an older container of it is removed first, its volumes stay. */
  start(service: string): string {
    const inputs = this.inputs(service);
    const container = this.container(service);
    tryDocker(["rm", "-f", "-v", container]);
    docker(["run", "-d", "--name", container, ...this.options(inputs), ...(inputs.command ?? [])]);
    return container;
  }

  /** Whether the declared health check of a started service says that it is well. */
  isWell(service: string): boolean {
    const [kind, ...command] = this.inputs(service).healthcheck?.tests ?? [];
    expect(kind).to.equal("CMD");
    return tryDocker(["exec", this.container(service), ...command]).status === 0;
  }

  /** A command in a started service. */
  inside(service: string, ...command: readonly string[]): Result {
    return tryDocker(["exec", this.container(service), ...command]);
  }

  /** A shell line in a container that sees a loader's volumes as the service's user does. */
  look(service: string, line: string): Result {
    const { entrypoints: _, ...inputs } = this.inputs(service);
    return tryDocker(["run", "--rm", ...this.options({ ...inputs, entrypoints: ["sh"] }), "-c", line]);
  }

  private options(inputs: Inputs): string[] {
    const [entrypoint, ...first] = inputs.entrypoints ?? [];
    const flag = (name: string, values: readonly string[] = []): string[] => values.flatMap((v) => [name, v]);
    return [
      ...["--network", "none"],
      ...(inputs.user ? ["--user", inputs.user] : []),
      ...flag("--env", inputs.envs),
      ...(inputs.readOnly ? ["--read-only"] : []),
      ...flag(
        "--tmpfs",
        Object.entries(inputs.tmpfs ?? {}).map((e) => e.join(":")),
      ),
      ...flag("--cap-drop", inputs.capabilities?.drops),
      ...flag("--cap-add", inputs.capabilities?.adds),
      ...flag("--security-opt", inputs.securityOpts),
      ...(inputs.memory ? ["--memory", `${inputs.memory}m`, "--memory-swap", `${inputs.memorySwap}m`] : []),
      ...flag(
        "--volume",
        inputs.volumes?.map((v) => `${v.volumeName}:${v.containerPath}${v.readOnly ? ":ro" : ""}`),
      ),
      ...(entrypoint ? ["--entrypoint", entrypoint] : []),
      this.reference(inputs.image),
      ...first,
    ];
  }

  private reference(image: string): string {
    const name = /^sha256:(\w+)-image$/.exec(image)?.[1] ?? "";
    return this.references[name] ?? expect.fail(`no image ${name} was made ready`);
  }
}

/**
 * Registers hooks that make images ready, and that remove everything its programs started.
 * @param images those that the programs run
 */
export function toolBench(images: readonly ImageName[], source: ImageSource = "offline") {
  const prefix = `tooltest-${process.pid}-`;
  let count = 0;
  let references: Readonly<Record<string, string>> = {};
  const prepare = async (): Promise<void> => {
    references = await readyImages(images, source);
  };
  const cleanUp = (): void => {
    const list = (...args: string[]): string[] =>
      docker([...args, "--filter", `name=${prefix}`])
        .split("\n")
        .filter(Boolean);
    const containers = list("ps", "-aq");
    if (containers.length > 0) docker(["rm", "-f", "-v", ...containers]);
    const volumes = list("volume", "ls", "-q");
    if (volumes.length > 0) docker(["volume", "rm", "-f", ...volumes]);
  };
  if (source === "offline")
    before(function () {
      this.timeout(preparationLimit);
      return prepare();
    });
  after(cleanUp);

  /**
   * Declares the program.
   * @param config settings without the namespace
   */
  async function program(config: Readonly<Record<string, string>> = {}): Promise<Program> {
    // Where there may be no registry, whoever needs one has asked for it by now.
    if (source === "registry") await prepare();
    const settings = { imageSource: source, ...config };
    const stack = `${prefix}${++count}`;
    const recorded = await declare(
      join(repoRoot, "index.ts"),
      Object.fromEntries(Object.entries(settings).map(([key, value]) => [`medassist:${key}`, value])),
      stack,
    );
    return new Program(stack, recorded, references);
  }
  return { program, cleanUp };
}
