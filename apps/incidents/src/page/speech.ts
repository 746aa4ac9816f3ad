/** How the sections of the page speak of the same things. */
import { type Html, html } from "./html";
import type { Language } from "./language";
import type { Translate } from "./messages";
import { duration, moment } from "./time";

/** What a section needs besides what it shows. */
export interface Speech {
  readonly t: Translate;
  readonly language: Language;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A moment in UTC. */
export function renderTime(time: number): Html {
  return html`<time datetime="${new Date(time).toISOString()}">${moment(time)}</time>`;
}

/** A moment in UTC, and how long ago that is. */
export function renderTimeAgo(time: number, { t, language, now }: Speech): Html {
  return html`${renderTime(time)} <span class="soft ago">(${t("ago", { time: duration(now - time, language) })})</span>`;
}
