/** What there is at which path, and for whom. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Assets } from "../assets";
import { errorKind, type Logger } from "../logger";
import type { MaintenanceWindow } from "../maintenance";
import { metricsType } from "../metrics";
import { Html } from "../page/html";
import { pickLanguage } from "../page/language";
import { contentSecurityPolicy, renderPage } from "../page/render";
import { renderRunbookPage } from "../page/runbook";
import type { PageView } from "../page/view";
import { malformed, Problem } from "../problem";
import type { Health } from "../prometheus";
import type { Recorder } from "../recorder";
import { newestAlerts, newestIncidents, type State } from "../state";
import type { Refusal } from "../telemetry";
import { requireAuth, type Secrets } from "./auth";
import { readJson } from "./body";
import type { Reply, Route } from "./server";
import { alertView, incidentView } from "./views";

export interface RoutesInput {
  readonly recorder: Recorder;
  readonly secrets: Secrets;
  readonly stack: string;
  readonly maintenance: MaintenanceWindow | undefined;
  readonly runbooksDir: string | undefined;
  readonly now: () => number;
  readonly log: Logger;
  /** Content of static/, by name. */
  readonly assets: Assets;
  /** What Prometheus says; never rejects. */
  readonly health: () => Promise<Health>;
}

const json = (value: unknown): Reply => ({ status: 200, type: "application/json", body: `${JSON.stringify(value)}\n` });
const asset = (type: string, body: string): (() => Reply) => {
  return () => ({ status: 200, type, body, headers: { "cache-control": "no-cache" } });
};

export function createRoutes({
  recorder,
  secrets,
  stack,
  maintenance,
  runbooksDir,
  now,
  log,
  assets,
  health,
}: RoutesInput): Route[] {
  const receive: Route["answer"] = async (request) => {
    try {
      requireAuth(request.headers, ["bearer"], secrets);
      return json({ received: recorder.receive(await readJson(request)) });
    } catch (error) {
      const status = error instanceof Problem ? error.status : 500;
      recorder.telemetry.refuse(refusal(status));
      log("warning", "notification refused", {
        status,
        reason: refusal(status),
        field: error instanceof Problem ? (error.field ?? "") : errorKind(error),
      });
      throw error;
    }
  };
  const forReaders = (answer: Route["answer"]): Route["answer"] => {
    return (request, url, groups) => {
      requireAuth(request.headers, ["basic", "bearer"], secrets);
      return answer(request, url, groups);
    };
  };
  const page: Route["answer"] = async (request, url) => {
    requireAuth(request.headers, ["basic"], secrets);
    const language = pickLanguage(url.searchParams.get("lang"), request.headers["accept-language"] ?? "");
    const view: PageView = {
      stack,
      now: now(),
      heartbeat: recorder.heartbeat,
      alertmanagerUp: recorder.alertmanagerUp,
      ...(await health()),
      maintenance,
      state: recorder.state,
    };
    return htmlReply(renderPage(view, language), { "content-language": language, vary: "accept-language" });
  };
  const runbook: Route["answer"] = async (request, _url, [name = ""]) => {
    requireAuth(request.headers, ["basic"], secrets);
    const language = pickLanguage(null, request.headers["accept-language"] ?? "");
    return htmlReply(renderRunbookPage(stack, name, await readRunbook(runbooksDir, name), language));
  };

  return [
    { method: "POST", path: /^\/alerts$/, answer: receive },
    { method: "GET", path: /^\/$/, answer: page },
    { method: "GET", path: /^\/runbooks\/([A-Za-z0-9_]+)$/, answer: runbook },
    { method: "GET", path: /^\/app\.js$/, answer: asset("text/javascript; charset=utf-8", assets["app.js"]) },
    { method: "GET", path: /^\/style\.css$/, answer: asset("text/css; charset=utf-8", assets["style.css"]) },
    { method: "GET", path: /^\/icon\.svg$/, answer: asset("image/svg+xml", assets["icon.svg"]) },
    {
      method: "GET",
      path: /^\/api\/incidents$/,
      answer: forReaders((_, url) => json(listIncidents(recorder.state, url))),
    },
    {
      method: "GET",
      path: /^\/api\/incidents\/([^/]+)$/,
      answer: forReaders((_request, _url, [id]) => json(findIncident(recorder.state, id ?? ""))),
    },
    { method: "GET", path: /^\/api\/alerts$/, answer: forReaders((_, url) => json(listAlerts(recorder.state, url))) },
    {
      method: "GET",
      path: /^\/metrics$/,
      answer: () => ({ status: 200, type: metricsType, body: recorder.metrics() }),
    },
    {
      method: "GET",
      path: /^\/healthz$/,
      answer: () => ({ status: 200, type: "text/plain; charset=utf-8", body: "ok\n" }),
    },
  ];
}

const htmlReply = (body: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status: 200,
  type: "text/html; charset=utf-8",
  body,
  headers: { "content-security-policy": contentSecurityPolicy, ...headers },
});

/** @returns the page's body as HTML, which came with the program */
async function readRunbook(folder: string | undefined, name: string): Promise<Html> {
  try {
    if (folder !== undefined) return new Html(await readFile(join(folder, `${name}.html`), "utf8"));
  } catch (error) {
    if (errorKind(error) !== "ENOENT") throw error;
  }
  throw new Problem({
    status: 404,
    slug: "no-such-runbook",
    title: "No such runbook",
    detail: "There is no runbook of this name. They are named <priority>_<alert>.",
    field: "name",
  });
}

function refusal(status: number): Refusal {
  return status === 401 ? "unauthorized" : status === 413 ? "too_large" : status >= 500 ? "unavailable" : "malformed";
}

/** `open=true|false` (default: both) and `limit=1..1000` (default 100) of a query. */
function readQuery(url: URL): { readonly open: boolean | undefined; readonly limit: number } {
  const open = url.searchParams.get("open");
  if (open !== null && open !== "true" && open !== "false") throw malformed("open", "Must be true or false.");
  const limit = url.searchParams.get("limit") ?? "100";
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > 1000)
    throw malformed("limit", "Must be an integer from 1 to 1000.");
  return { open: open === null ? undefined : open === "true", limit: Number(limit) };
}

function listIncidents(state: State, url: URL): object {
  const { open, limit } = readQuery(url);
  const found = newestIncidents(state).filter(({ closed }) => open === undefined || (closed === null) === open);
  return { total: found.length, incidents: found.slice(0, limit).map((incident) => incidentView(state, incident)) };
}

function findIncident(state: State, id: string): object {
  const incident = state.incidents.get(id);
  if (!incident)
    throw new Problem({
      status: 404,
      slug: "no-such-incident",
      title: "No such incident",
      detail: "There is no incident with this id, or it is forgotten.",
      field: "id",
    });
  return incidentView(state, incident);
}

function listAlerts(state: State, url: URL): object {
  const { open, limit } = readQuery(url);
  const found = newestAlerts(state).filter(({ resolved }) => open === undefined || (resolved === null) === open);
  return { total: found.length, alerts: found.slice(0, limit).map(alertView) };
}
