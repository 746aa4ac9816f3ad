/** The runbooks as pages that a browser shows, with the commands ready to paste for one stack. */
import { marked } from "marked";
import type { Settings } from "./settings";

/** What the pages' commands ask of their surroundings, as runbooks/README.md lists it. */
export function runbookVariables({ stack, tls, ports }: Pick<Settings, "stack" | "tls" | "ports">) {
  return {
    STACK: stack,
    SCHEME: tls ? "https" : "http",
    ENTRY_PORT: String(ports.entry),
    FRONTEND_PORT: String(ports.frontend),
    PROMETHEUS_PORT: String(ports.prometheus),
    ALERTMANAGER_PORT: String(ports.alertmanager),
    PUSHGATEWAY_PORT: String(ports.pushgateway),
    INCIDENTS_PORT: String(ports.incidents),
  } as const;
}

/**
 * @param text a page of runbooks/, in Markdown
 * @param variables what `${NAME:-default}` in it becomes; a name that is not among them is left to the shell
 * @returns the body of the page as HTML; a link to another page leads to it by its name alone
 */
export function renderRunbook(text: string, variables: Readonly<Record<string, string>>): string {
  const filled = text.replace(/\$\{([A-Z_]+):-[^}]*\}/g, (whole, name: string) => variables[name] ?? whole);
  return marked.parse(filled, { async: false }).replace(/(<a href=")([A-Za-z0-9_]+)\.md"/g, '$1$2"');
}
