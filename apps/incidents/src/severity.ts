/** How bad an alert or an incident is: p1 critical outage or risk to data, p2 strong degradation, p3 moderate, p4 weak signal. */
export const severities = ["p1", "p2", "p3", "p4"] as const;
export type Severity = (typeof severities)[number];

/** For an alert whose label says nothing known: it is kept and shown, but wakes nobody by itself. */
export const unknownSeverity: Severity = "p3";

export function isSeverity(value: unknown): value is Severity {
  return severities.some((severity) => severity === value);
}

/** The worse of two: p1 before p4. */
export function worse(a: Severity, b: Severity): Severity {
  return severities.indexOf(a) <= severities.indexOf(b) ? a : b;
}
