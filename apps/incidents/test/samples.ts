/** Alerts, settings and servers that tests make up. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Notice, PolledAlert } from "../src/alerts";
import type { Settings } from "../src/settings";
import { applyChange, type Change, emptyState, type State } from "../src/state";

export const start = Date.parse("2026-11-25T04:00:00Z");
export const seconds = (count: number): number => count * 1000;
export const policy = { quiet: seconds(60), vanish: seconds(90) };
export const token = "t0ken-of-the-webhook";
export const password = "pässword";
export const basic = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
export const bearer = `Bearer ${token}`;

export function notice(name: string, given: Partial<Notice> = {}): Notice {
  return {
    fingerprint: `f${name}`,
    name,
    severity: "p2",
    service: "api",
    labels: { alertname: name, severity: given.severity ?? "p2", service: "api" },
    summary: `${name} happens`,
    runbook: `P2_${name}`,
    startsAt: start,
    status: "firing",
    endsAt: null,
    ...given,
  };
}

export function polled(name: string, given: Partial<PolledAlert> = {}): PolledAlert {
  const { status: _status, endsAt: _endsAt, ...facts } = notice(name);
  return { ...facts, suppressed: null, ...given };
}

export const after = (state: State, ...changes: readonly Change[]): State => changes.reduce(applyChange, state);
export const empty = emptyState;

/** One alert as Alertmanager sends it. */
export function wireAlert(name: string, given: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    status: "firing",
    labels: { alertname: name, severity: "p2", service: "api", stack: "dev", patient: "p-4821" },
    annotations: { summary: `${name} happens`, runbook: `P2_${name}` },
    startsAt: "2026-11-25T04:00:00.123456789Z",
    endsAt: "0001-01-01T00:00:00Z",
    generatorURL: "",
    fingerprint: "0123456789abcdef",
    ...given,
  };
}
export const wirePayload = (...alerts: readonly unknown[]): object => ({
  version: "4",
  status: "firing",
  receiver: "p2",
  alerts,
});

/** As `GET /api/v2/alerts` has it. */
export function wirePolled(name: string, status: Record<string, unknown>, given: Record<string, unknown> = {}): object {
  const { status: _status, ...alert } = wireAlert(name, given);
  return {
    ...alert,
    status: { state: "active", inhibitedBy: [], silencedBy: [], ...status },
    receivers: [{ name: "p2" }],
  };
}

/** A folder that is gone after the test. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "incidents-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function settings(given: Partial<Settings>): Settings {
  return {
    port: 0,
    stack: "dev",
    revision: "test",
    logLevel: "debug",
    dataDir: "/nowhere",
    runbooksDir: undefined,
    webhookToken: token,
    adminPassword: password,
    alertmanagerUrl: "http://127.0.0.1:1",
    prometheusUrl: "http://127.0.0.1:1",
    receivers: [],
    heartbeatUrl: undefined,
    heartbeatLimit: seconds(120),
    maintenance: undefined,
    quiet: policy.quiet,
    poll: seconds(5),
    vanish: policy.vanish,
    retention: { age: seconds(400 * 86_400), alerts: 5000 },
    ...given,
  };
}

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A server that remembers what it was asked, and answers what `answer` says: a status, or 200 with JSON; nothing for undefined. */
export class FakeServer {
  readonly received: Received[] = [];
  answer: (request: Received) => number | object | undefined = () => 200;
  private readonly server: Server = createServer((request, response) => void this.handle(request, response));
  private address = "";

  get url(): string {
    return this.address;
  }

  async start(): Promise<this> {
    this.address = await listen(this.server);
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await readRequest(request);
    this.received.push(received);
    const answer = this.answer(received);
    if (answer === undefined) return;
    if (typeof answer === "number") response.writeHead(answer).end();
    else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }
}

export function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

async function readRequest(request: IncomingMessage): Promise<Received> {
  let body = "";
  for await (const part of request) body += String(part);
  const { method = "", url = "", headers } = request;
  return { method, path: url, authorization: headers.authorization, body };
}
