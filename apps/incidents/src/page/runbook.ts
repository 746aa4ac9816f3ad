/** The page of one runbook. */
import { renderHead } from "./head";
import { type Html, html } from "./html";
import type { Language } from "./language";
import { translator } from "./messages";

/** Names that `/runbooks/<name>` may have. */
export const isRunbookName = (text: string): boolean => /^[A-Za-z0-9_]+$/.test(text);

/** @param body the runbook as HTML, of our own making. Runbooks are written in English, whatever the page around them speaks. */
export function renderRunbookPage(stack: string, name: string, body: Html, language: Language): string {
  const t = translator(language);
  return html`<!doctype html>
<html lang="${language}">
<head>
  ${renderHead(`${name} – ${stack}`)}
</head>
<body>
  <a class="skip" href="#main">${t("skip")}</a>
  <header class="bar">
    <p class="brand"><strong>MedAssist</strong> <span class="soft"><b>${stack}</b></span></p>
    <a href="/">${t("title")}</a>
  </header>
  <main id="main" class="runbook" tabindex="-1" lang="en">
${body}
  </main>
</body>
</html>
`.text;
}
