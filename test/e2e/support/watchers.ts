/** What watches a stack, asked from outside as an operator would. */
import { run } from "../../../scripts/setup/run";
import { replicaNames, servicesOf } from "./engine";
import { type Answer, ask, type Question } from "./http";
import type { TestStack } from "./testStack";

export interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
  readonly lastError: string;
}

/** One sample of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** What the incident recorder says of an alert; it also knows of some that were never delivered, since they were muted. */
interface AlertRecord {
  readonly name: string;
  readonly delivered: string | null;
  readonly suppressed: string | null;
  readonly resolved: string | null;
}

export class Watchers {
  private constructor(
    private readonly stack: TestStack,
    /** Login of the incident recorder. */
    readonly login: Question,
  ) {}

  static async of(stack: TestStack): Promise<Watchers> {
    const password = (await stack.succeed("output", "incidentsPassword")).stdout.trim();
    const basic = Buffer.from(`admin:${password}`).toString("base64");
    return new Watchers(stack, { headers: { authorization: `Basic ${basic}` } });
  }

  /** The `data` of an answer of Prometheus' API. */
  async prometheus(path: string): Promise<unknown> {
    const answer = await ask(`http://127.0.0.1:${this.stack.ports.prometheus}`, path);
    return (parse(answer) as { data: unknown }).data;
  }

  async targets(): Promise<readonly Target[]> {
    return ((await this.prometheus("/api/v1/targets?state=active")) as { activeTargets: Target[] }).activeTargets;
  }

  async query(expression: string): Promise<readonly Sample[]> {
    const path = `/api/v1/query?query=${encodeURIComponent(expression)}`;
    return ((await this.prometheus(path)) as { result: Sample[] }).result;
  }

  /** Names of the alerts that fire in Prometheus, each once. */
  async firing(): Promise<string[]> {
    const { alerts } = (await this.prometheus("/api/v1/alerts")) as {
      alerts: { state: string; labels: { alertname: string } }[];
    };
    return [...new Set(alerts.filter((a) => a.state === "firing").map((a) => a.labels.alertname))].sort();
  }

  private async alertmanager(path: string, question?: Question): Promise<Answer> {
    return ask(`http://127.0.0.1:${this.stack.ports.alertmanager}`, path, question);
  }

  /** Gives Alertmanager an alert, as Prometheus would; each priority of a service of its own, or p1 would mute p3 and p4. */
  async raise(alertname: string, severity: string): Promise<void> {
    const labels = { alertname, severity, service: `test-${severity}`, stack: this.stack.name };
    const body = JSON.stringify([{ labels, annotations: { summary: "raised by a test" } }]);
    const answer = await this.alertmanager("/api/v2/alerts", {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    if (answer.status !== 200) throw new Error(`Alertmanager took no alert: ${answer.status} ${answer.body}`);
  }

  /** Names of the receivers that Alertmanager has for an alert. */
  async receivers(alertname: string): Promise<string[]> {
    const alerts = parse(await this.alertmanager("/api/v2/alerts")) as {
      labels: { alertname: string };
      receivers: { name: string }[];
    }[];
    return alerts.filter((a) => a.labels.alertname === alertname).flatMap((a) => a.receivers.map((r) => r.name));
  }

  /** Fingerprints of the alerts that mute an alert in Alertmanager. */
  async inhibitedBy(alertname: string): Promise<string[]> {
    const alerts = parse(await this.alertmanager("/api/v2/alerts")) as {
      labels: { alertname: string };
      status: { inhibitedBy: string[] };
    }[];
    return alerts.filter((a) => a.labels.alertname === alertname).flatMap((a) => a.status.inhibitedBy);
  }

  /** The lines of all replicas' logs. */
  async apiLog(): Promise<string[]> {
    const names = replicaNames((await servicesOf(this.stack)).keys());
    const logs = await Promise.all(names.map((name) => run("docker", ["logs", this.stack.container(name)])));
    return logs.flatMap(({ stdout, stderr }) => `${stdout}${stderr}`.split("\n"));
  }

  /** When an alert that began after a moment was delivered, milliseconds of the epoch; undefined if it was not yet. */
  async deliveredSince(name: string, moment: number): Promise<number | undefined> {
    const delivered = (await this.alertRecords()).flatMap((a) =>
      a.name === name && a.delivered ? [Date.parse(a.delivered)] : [],
    );
    return delivered.filter((at) => at >= moment).sort((a, b) => a - b)[0];
  }

  /** Whether an alert fires in Prometheus, or is not over yet for the incident recorder. */
  async isOpen(name: string): Promise<boolean> {
    const records = await this.alertRecords();
    return records.some((a) => a.name === name && !a.resolved) || (await this.firing()).includes(name);
  }

  /** Names of the alerts that were delivered to the incident recorder, one for each time. */
  async recorded(): Promise<string[]> {
    return (await this.alertRecords()).filter((a) => a.delivered).map((a) => a.name);
  }

  /** Names of the alerts that the incident recorder knows to fire muted. */
  async suppressed(): Promise<string[]> {
    return (await this.alertRecords()).filter((a) => a.suppressed).map((a) => a.name);
  }

  private async alertRecords(): Promise<readonly AlertRecord[]> {
    const answer = await ask(`http://127.0.0.1:${this.stack.ports.incidents}`, "/api/alerts", this.login);
    return (parse(answer) as { alerts: AlertRecord[] }).alerts;
  }
}

function parse(answer: Answer): unknown {
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body.slice(0, 500)}`);
  return JSON.parse(answer.body);
}
