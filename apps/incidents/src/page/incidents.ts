/** The parts of the page about incidents: those that are open, and the timeline. */
import { isHttpUrl } from "../receivers";
import { severities } from "../severity";
import { type AlertRecord, alertsOf, type IncidentRecord, type State } from "../state";
import { type Html, html } from "./html";
import { isRunbookName } from "./runbook";
import { renderTimeAgo, type Speech } from "./speech";
import { duration, preciseDuration } from "./time";

const byPriority = (a: IncidentRecord, b: IncidentRecord): number =>
  severities.indexOf(a.priority) - severities.indexOf(b.priority);

export function renderIncidents(state: State, open: readonly IncidentRecord[], speech: Speech): Html {
  const { t } = speech;
  const cards = [...open].sort(byPriority).map((incident) => renderCard(state, incident, speech));
  const muted = [...state.alerts.values()].filter(
    ({ resolved, suppressed, incident }) =>
      resolved === null && suppressed !== null && !open.some(({ id }) => id === incident),
  );
  return html`${cards.length > 0 ? cards : html`<p>${t("openNone")}</p>`}
      ${muted.length > 0 ? html`<p class="soft">${t("muted", { names: names(muted) })}</p>` : null}`;
}

function renderCard(state: State, incident: IncidentRecord, speech: Speech): Html {
  const { t } = speech;
  const alerts = alertsOf(state, incident.id);
  const firing = alerts
    .filter(({ resolved }) => resolved === null)
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || a.startsAt - b.startsAt);
  const over = alerts.length - firing.length;
  return html`<article class="card ${incident.priority}" aria-labelledby="i-${incident.id}">
        <h3 id="i-${incident.id}"><span class="badge ${incident.priority}">${t(incident.priority)}</span> ${incident.id}</h3>
        <p>${t("since")} ${renderTimeAgo(incident.opened, speech)}</p>
        <ul class="alerts">${firing.map((alert) => renderAlert(alert, speech))}</ul>
        ${over > 0 ? html`<p class="soft">${t("alertsOver", { count: over })}</p>` : null}
      </article>`;
}

/** Summaries are written in English, whatever the page speaks. */
function renderAlert(alert: AlertRecord, speech: Speech): Html {
  const { t } = speech;
  const place = alert.labels.instance ?? alert.labels.server;
  return html`
          <li>
            <p><span class="badge ${alert.severity}">${alert.severity.toUpperCase()}</span> <strong>${alert.name}</strong>
              <span class="soft">${alert.service}${place ? ` · ${place}` : ""}</span></p>
            ${alert.summary ? html`<p lang="en">${alert.summary}</p>` : null}
            ${alert.suppressed ? html`<p class="soft">${t(alert.suppressed)}</p>` : null}
            <p class="soft">${t("since")} ${renderTimeAgo(alert.startsAt, speech)}</p>
            ${alert.runbook ? html`<p>${t("runbook")} ${renderRunbook(alert.runbook)}</p>` : null}
          </li>`;
}

/** A link if it is an address or the name of one of our pages. */
function renderRunbook(runbook: string): Html {
  if (isHttpUrl(runbook)) return html`<a href="${runbook}" rel="noreferrer">${runbook}</a>`;
  return isRunbookName(runbook) ? html`<a href="/runbooks/${runbook}">${runbook}</a>` : html`<code>${runbook}</code>`;
}

/** Newest first. */
export function renderTimeline(state: State, incidents: readonly IncidentRecord[], speech: Speech): Html {
  const { t, language } = speech;
  if (incidents.length === 0) return html`<p>${t("timelineNone")}</p>`;
  const entries = incidents.map((incident) => {
    const { id, priority, opened, detected, closed } = incident;
    const alerts = alertsOf(state, id);
    const opener = state.alerts.get(incident.openedBy);
    // What was suppressed, or found by the recorder itself, has no delay that would say anything.
    const measured = opener?.source === "alertmanager" && !opener.everSuppressed;
    return html`
        <li class="${priority}">
          <h3><span class="badge ${priority}">${t(priority)}</span> ${names(alerts) || id}</h3>
          <dl class="facts">
            <div><dt>${t("opened")}</dt><dd>${renderTimeAgo(opened, speech)}</dd></div>
            <div><dt>${t("detected")}</dt><dd>${measured ? preciseDuration(detected - opened, language) : t("notMeasured")}</dd></div>
            <div><dt>${t("duration")}</dt><dd>${closed === null ? t("ongoing") : duration(closed - opened, language)}</dd></div>
            <div><dt>${t("incident")}</dt><dd><code>${id}</code></dd></div>
          </dl>
        </li>`;
  });
  return html`<ol class="timeline">${entries}</ol>`;
}

/** Names of alerts, each once, at most five. */
function names(alerts: readonly AlertRecord[]): string {
  const all = [...new Set(alerts.map(({ name }) => name))];
  return all.length > 5 ? `${all.slice(0, 5).join(", ")} … (${all.length})` : all.join(", ");
}
