/** A log keeper in the test's own process, against a real server; and the accounts that it sets. */
import { setTimeout as sleep } from "node:timers/promises";
import { parseDesired } from "../../apps/logs/src/desired";
import { Keeper } from "../../apps/logs/src/keeper";
import { createLogger } from "../../apps/logs/src/logger";
import { createSend } from "../../apps/logs/src/outgoing";
import type { Settings } from "../../apps/logs/src/settings";
import { renderDesired } from "../../configs/elasticsearch";
import { logAccounts, logAdmin } from "../../configs/logs/streams";
import { days, GiB } from "../../configs/units";
import { until } from "../images/support";
import { adminPasswords, type Login } from "./logServer";

export const desiredText = renderDesired({
  retention: days(30),
  disk: GiB(10),
  sources: [{ service: "haproxy", format: "json", quiet: false }],
});
export const desired = parseDesired(desiredText);

/** Everybody has another password in each. */
export type Epoch = keyof typeof adminPasswords;
export const passwordOf = (user: string, epoch: Epoch): string =>
  user === logAdmin ? adminPasswords[epoch].password : `${user}-${epoch}1`;
export const login = (user: string, epoch: Epoch = "first"): Login => ({ user, password: passwordOf(user, epoch) });
export const admin = (epoch: Epoch = "first"): Login => login(logAdmin, epoch);

export const toMiB = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

export type Given = Partial<Settings> & {
  readonly epoch?: Epoch;
  readonly writeTest?: (fields: Readonly<Record<string, string>>) => void;
};

/** A keeper, and what it says. */
export class Running {
  readonly started = Date.now();
  private readonly keeper: Keeper;
  private readonly lines: { level: string; message: string; done?: string }[] = [];
  private readonly connection: ReturnType<typeof createSend>;
  private readonly timer: NodeJS.Timeout;

  constructor(url: string, given: Given & { readonly authority: string }) {
    const { epoch = "first", writeTest = () => undefined, ...settings } = given;
    this.connection = createSend(given.authority);
    this.keeper = new Keeper({
      settings: {
        port: 0,
        stack: "test",
        revision: "test",
        logLevel: "info",
        elasticsearchUrl: url,
        filebeatUrl: "http://127.0.0.1:1",
        caFile: "/tls/ca.crt",
        desired,
        passwords: Object.fromEntries(logAccounts.map((user) => [user, passwordOf(user, epoch)])),
        reconcile: 60_000,
        canary: 15_000,
        ...settings,
      },
      log: createLogger({
        stack: "test",
        level: "info",
        now: Date.now,
        write: (text) => void this.lines.push(JSON.parse(text)),
      }),
      send: this.connection.send,
      now: Date.now,
      pause: (milliseconds) => sleep(milliseconds),
      writeTest,
    });
    this.timer = setInterval(() => void this.keeper.tick(), 100);
  }

  get problems(): readonly string[] {
    return this.keeper.problems;
  }

  said(...levels: readonly string[]): string[] {
    return this.lines.filter(({ level }) => levels.includes(level)).map(({ message }) => message);
  }

  /** What it made or repaired. */
  done(): string[] {
    return this.lines.flatMap((line) => line.done?.split("; ") ?? []);
  }

  metric(name: string): number | undefined {
    const found = this.keeper
      .metrics()
      .split("\n")
      .find((text) => text.startsWith(`${name} `));
    return found === undefined ? undefined : Number(found.slice(name.length + 1));
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    await until(what, condition, 60).catch((error) => {
      throw new Error(`${error}\n${this.problems.join("\n")}\n${JSON.stringify(this.lines, undefined, 1)}`);
    });
  }

  untilReady(): Promise<void> {
    return this.until("the keeper is ready", () => this.problems.length === 0);
  }

  untilDone(what: string): Promise<void> {
    return this.until(what, () => this.done().includes(what));
  }

  /** Stops it; what it asked last is waited for. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await sleep(200);
    this.connection.close();
  }
}
