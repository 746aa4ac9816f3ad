/** How a service is asked whether it is well: declared by the component, bound late by whoever asks. */
import { type HttpClient, type ImageName, images } from "../../configs/images";
import { type Duration, seconds } from "../../configs/units";

/** @default interval 5 s, timeout 3 s, 3 failures, start period 30 s: the services of the patients' path. */
export interface ProbeTiming {
  readonly interval: Duration;
  readonly timeout: Duration;
  readonly retries: number;
  /** Failures do not count while it lasts. */
  readonly startPeriod: Duration;
}

const defaults: ProbeTiming = { interval: seconds(5), timeout: seconds(3), retries: 3, startPeriod: seconds(30) };

/** Beside the patients' path: seldom enough that dozens of services cost the engine next to nothing. */
export const unhurried: Partial<ProbeTiming> = { interval: seconds(30), timeout: seconds(5) };

type Question =
  | { readonly kind: "http"; readonly path: string; readonly port: number }
  | { readonly kind: "command"; readonly command: readonly string[] }
  | { readonly kind: "running" };

export class Probe {
  private constructor(
    readonly question: Question,
    readonly timing: ProbeTiming,
  ) {}

  /** GET must answer 200. */
  static http(path: string, port: number, timing: Partial<ProbeTiming> = {}): Probe {
    return new Probe({ kind: "http", path, port }, { ...defaults, ...timing });
  }

  /** The command, run inside the container, must end with 0. */
  static command(command: readonly string[], timing: Partial<ProbeTiming> = {}): Probe {
    return new Probe({ kind: "command", command }, { ...defaults, ...timing });
  }

  /** For an image that holds one program and nothing to ask it with: that it runs is all that can be said. */
  static running(): Probe {
    return new Probe({ kind: "running" }, { ...defaults, ...unhurried });
  }

  /** The question as Docker's `HEALTHCHECK`. */
  healthcheckFor(image: ImageName): readonly string[] {
    return this.question.kind === "running" ? ["NONE"] : ["CMD", ...this.commandFor(image)];
  }

  /** The question as a command that the image can run (the rest of Docker's `HEALTHCHECK CMD`). */
  commandFor(image: ImageName): readonly string[] {
    if (this.question.kind === "command") return this.question.command;
    if (this.question.kind === "running") throw new Error(`image ${image} cannot be asked anything`);
    const client = images[image].httpClient;
    if (client === undefined)
      throw new Error(`image ${image} has no program that could ask over HTTP: use Probe.command`);
    return httpCommands[client](this.question.path, this.question.port);
  }

  /** How long a container that never gets well may take to be called unhealthy. */
  get patience(): Duration {
    return this.timing.startPeriod.plus(this.timing.interval.plus(this.timing.timeout).times(this.timing.retries + 1));
  }
}

const httpCommands: Record<HttpClient, (path: string, port: number) => readonly string[]> = {
  wget: (path, port) => ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${port}${path}`],
  // Bash itself opens the connection: a tenth of what starting Python would cost, every few seconds in every replica.
  bash: (path, port) => [
    "bash",
    "-c",
    `exec 3<>/dev/tcp/127.0.0.1/${port} && printf 'GET ${path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]`,
  ],
};
