/** The status page as HTML: readable on a phone, without any script and without anything from elsewhere. */
import { openUntil } from "../maintenance";
import { newestIncidents } from "../state";
import { renderHead } from "./head";
import { type Html, html } from "./html";
import { renderIncidents, renderTimeline } from "./incidents";
import type { Language } from "./language";
import { type Translate, translator } from "./messages";
import { renderTime, type Speech } from "./speech";
import { percent } from "./time";
import { judge, type PageView, type Verdict } from "./view";

/** Only what the page itself brings may run or style it, and nobody may frame it (CSP level 3). */
export const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

const timelineLength = 20;

export function renderPage(view: PageView, language: Language): string {
  const t = translator(language);
  const speech: Speech = { t, language, now: view.now };
  const other = language === "fr" ? "en" : "fr";
  const incidents = newestIncidents(view.state);
  const open = incidents.filter(({ closed }) => closed === null);
  const verdict = judge(view);
  const page = html`<!doctype html>
<html lang="${language}">
<head>
  ${renderHead(`${verdictTitle(verdict, t)} – ${view.stack}`)}
  <script src="/app.js" defer></script>
  <noscript><meta http-equiv="refresh" content="30"></noscript>
</head>
<body>
  <a class="skip" href="#main">${t("skip")}</a>
  <header class="bar">
    <p class="brand"><strong>MedAssist</strong> <span class="soft">${t("title")} · <b>${view.stack}</b></span></p>
    <a class="language" href="?lang=${other}" lang="${other}" hreflang="${other}">${t("otherLanguage")}</a>
  </header>
  <main id="main" tabindex="-1">
    <p id="stale" class="notice bad" role="alert" hidden>${t("stale")}</p>
    ${renderMaintenance(view, t)}
    <section id="verdict" class="verdict ${verdictLook(verdict)}" role="status" aria-labelledby="verdict-title">
      <h1 id="verdict-title">${verdictTitle(verdict, t)}</h1>
      ${renderVerdictText(verdict, t)}
    </section>
    <p id="updated" class="soft updated">${t("updated")} ${renderTime(view.now)}</p>
    <section id="open" aria-labelledby="open-title">
      <h2 id="open-title">${t("openTitle")}</h2>
      ${renderIncidents(view.state, open, speech)}
    </section>
    <section id="up" aria-labelledby="up-title">
      <h2 id="up-title">${t("upTitle")}</h2>
      ${renderUp(view, speech)}
    </section>
    <section id="budgets" aria-labelledby="budgets-title">
      <h2 id="budgets-title">${t("budgetTitle")}</h2>
      ${renderBudgets(view, speech)}
    </section>
    <section id="timeline" aria-labelledby="timeline-title">
      <h2 id="timeline-title">${t("timelineTitle")}</h2>
      ${renderTimeline(view.state, incidents.slice(0, timelineLength), speech)}
    </section>
  </main>
</body>
</html>
`;
  return page.text;
}

function verdictTitle(verdict: Verdict, t: Translate): string {
  switch (verdict.kind) {
    case "ok":
      return t("verdictOk");
    case "silent":
      return t("verdictSilent");
    case "trouble":
      return t("verdictTrouble");
    case "unknown":
      return t("verdictUnknown");
    case "incident":
      return t("verdictIncident", { priority: t(verdict.priority) });
  }
}

function renderVerdictText(verdict: Verdict, t: Translate): Html | null {
  switch (verdict.kind) {
    case "ok":
      return html`<p>${t("verdictOkText")}</p>`;
    case "silent":
      return html`<p>${t("verdictSilentText")}</p>`;
    case "trouble":
      return html`<p>${t("verdictTroubleText")}</p>`;
    case "unknown":
      return html`<p>${t("verdictUnknownText")}</p>`;
    case "incident":
      return null;
  }
}

/** Class of style.css; the words say the same. */
function verdictLook(verdict: Verdict): string {
  switch (verdict.kind) {
    case "ok":
      return "good";
    case "silent":
      return "bad";
    case "trouble":
    case "unknown":
      return "warn";
    case "incident":
      return verdict.priority === "p1" || verdict.priority === "p2" ? "bad" : "warn";
  }
}

/** Says, while the window is open, why nobody is told of what is seen below. */
function renderMaintenance({ maintenance, now }: PageView, t: Translate): Html | null {
  const end = maintenance && openUntil(maintenance, now);
  if (!maintenance || end === undefined) return null;
  const { what, why } = maintenance;
  return html`<p id="maintenance" class="notice warn" role="status">${t("maintenance", { what, why })} ${renderTime(end)}. ${t("maintenanceMutes")}</p>`;
}

function renderUp(view: PageView, { t }: Speech): Html {
  const { jobs, heartbeat, alertmanagerUp } = view;
  const alertmanager = (answers: boolean): Html =>
    renderPart("Alertmanager", answers ? "good" : "bad", t(answers ? "up" : "down"));
  const beats: Record<PageView["heartbeat"], Html> = {
    alive: renderPart(t("heartbeat"), "good", t("up")),
    waiting: renderPart(t("heartbeat"), "warn", t("waiting")),
    silent: renderPart(t("heartbeat"), "bad", t("down")),
  };
  const rows = [
    beats[heartbeat],
    alertmanagerUp === undefined ? renderPart("Alertmanager", "warn", t("waiting")) : alertmanager(alertmanagerUp),
    ...(jobs ?? []).map(({ job, up, of, down }) => {
      const count = t("ofUp", { up, of });
      const text = up === of ? `${t("up")}, ${count}` : `${count}, ${t("notUp", { instances: down.join(", ") })}`;
      return renderPart(job, up === of ? "good" : "bad", text);
    }),
  ];
  return html`${jobs === undefined ? html`<p class="notice warn">${t("prometheusSilent")}</p>` : null}
      ${jobs?.length === 0 ? html`<p class="notice warn">${t("upNoData")}</p>` : null}
      <dl class="rows">${rows}</dl>`;
}

function renderPart(name: string, look: "good" | "warn" | "bad", text: string): Html {
  return html`
        <div><dt>${name}</dt><dd class="state ${look}">${text}</dd></div>`;
}

function renderBudgets({ budgets }: PageView, { t, language }: Speech): Html {
  if (budgets === undefined) return html`<p class="notice warn">${t("prometheusSilent")}</p>`;
  if (budgets.length === 0) return html`<p>${t("budgetNoData")}</p>`;
  const rows = budgets.map(({ slo, remaining }) => {
    const left = t("budgetLeft", { percent: percent(remaining, language) });
    const look = remaining > 0.25 ? "good" : remaining > 0 ? "warn" : "bad";
    const shown = Math.min(1, Math.max(0, remaining));
    return html`
        <div><dt>${slo}</dt><dd class="state ${look}">${left}
          <meter min="0" max="1" low="0.25" high="0.5" optimum="1" value="${shown.toFixed(3)}" aria-label="${slo}">${left}</meter></dd></div>`;
  });
  return html`<dl class="rows">${rows}</dl>`;
}
