/** HTML that cannot be broken out of: whatever is put into a template is escaped, unless it is HTML itself. */
export class Html {
  constructor(readonly text: string) {}
}

export type Content = string | number | Html | readonly Content[] | null | undefined;

/** Tag of a template literal. Lists are joined, null and undefined are nothing. Attribute values must be in double quotes. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(parts.map((part, index) => part + (index < contents.length ? render(contents[index]) : "")).join(""));
}

function render(content: Content): string {
  if (content === null || content === undefined) return "";
  if (content instanceof Html) return content.text;
  if (typeof content === "object") return content.map(render).join("");
  return escapeHtml(String(content));
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
