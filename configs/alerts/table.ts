/** docs/alerts.md: every alert in one table, generated. */
import { type Alert, severities } from "./alert";

const meaning = { p1: "critical outage or risk to data", p2: "strong degradation", p3: "moderate", p4: "weak signal" };

/** The text of docs/alerts.md, the most severe first. */
export function renderAlertTable(alerts: readonly Alert[]): string {
  const sorted = [...alerts].sort((a, b) => a.severity.localeCompare(b.severity) || a.name.localeCompare(b.name));
  const rows = sorted.map((a) => {
    const held = a.for.milliseconds === 0 ? "at once" : a.for.toPromql();
    const drill = typeof a.drill === "string" ? `\`${a.drill}\`` : `none: ${a.drill.none}`;
    return `| ${a.severity.toUpperCase()} | ${a.name} | ${a.service} | ${a.description} | ${held} | [page](../runbooks/${a.runbook}.md) | ${drill} |`;
  });
  return `# Alerts

Generated from configs/alerts/; \`UPDATE=1 npm run test:unit\` writes it anew. ${severities
    .map((s) => `${s.toUpperCase()} ${meaning[s]}`)
    .join(", ")}.

| Priority | Alert | Service | Means | Fires after | Runbook | Drill |
|---|---|---|---|---|---|---|
${rows.join("\n")}
`;
}
