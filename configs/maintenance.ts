/**
 * A planned maintenance window: the one object from which muting, the mask on the error budgets and the annotation come.
 * Whether it is open is the incident recorder's to say (apps/incidents/src/maintenance.ts), which takes what is taken here.
 */
import { z } from "zod";

interface WindowBase {
  /** How long it is, in hours that pass: a change of the clocks makes it neither longer nor shorter. */
  readonly hours: number;
  /** IANA name, in which `start` is read. */
  readonly timeZone: string;
  /** What is worked on, and why, for people. */
  readonly what: string;
  readonly why: string;
}

export const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;

export type MaintenanceWindow =
  | (WindowBase & { readonly kind: "once" /** `2026-12-01T22:00` */; readonly start: string })
  | (WindowBase & {
      readonly kind: "weekly";
      readonly day: (typeof weekdays)[number];
      /** `02:00` */
      readonly start: string;
    });

const example =
  '{"kind": "weekly", "day": "sunday", "start": "02:00", "hours": 1.5, "timeZone": "Europe/Paris", "what": "database", "why": "upgrade"}';
export const maintenanceAllowed = `empty for none, or JSON such as \`${example}\`, or of \`"kind": "once"\` with a \`start\` such as \`2026-12-01T22:00\` and no \`day\`; at most 24 hours a week, 168 once`;

const text = (name: string) =>
  z
    .string(`${name} must be a text`)
    // It becomes the value of a label, a line of a notification, and a sentence on the status page.
    .regex(
      /^(?=.*\S)[^\p{C}\p{Zl}\p{Zp}"'`\\]{1,80}$/u,
      `${name} must be 1 to 80 printable characters, no quotes, no "\\"`,
    );
const members = (longest: number) => ({
  hours: z
    .number("hours must be a number")
    .positive("it ends before it starts: hours must be above 0")
    .max(longest, `hours must be ${longest} at most`),
  timeZone: z
    .string("timeZone must be a text")
    .refine(isTimeZone, { error: (issue) => `"${String(issue.input)}" is no time zone that is known` }),
  what: text("what"),
  why: text("why"),
});
const schema = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("once"),
      start: z.string("start must be a text").refine(isMoment, "start is no date and time such as 2026-12-01T22:00"),
      ...members(168),
    }),
    z.strictObject({
      kind: z.literal("weekly"),
      day: z.enum(weekdays, `day must be one of ${weekdays.join(", ")}`),
      start: z.string("start must be a text").regex(/^([01]\d|2[0-3]):[0-5]\d$/, "start is no time such as 02:00"),
      ...members(24),
    }),
  ],
  { error: 'kind must be "once" or "weekly"' },
);

/** The setting's text to the window; empty is none. Each issue says in words what is wrong. */
export const maintenanceSchema: z.ZodType<MaintenanceWindow | undefined, string> = z
  .string()
  .transform((json, context): MaintenanceWindow | undefined => {
    if (json.trim() === "") return undefined;
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch {
      return refuse(context, "it is no JSON");
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse(context, "it is no object");
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    return refuse(context, [...new Set(result.error.issues.map(inWords))].join(", "));
  });

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: "custom", message });
  return z.NEVER;
}

const inWords = (issue: z.core.$ZodIssue): string =>
  issue.code === "unrecognized_keys"
    ? `${issue.keys.map((key) => `"${key}"`).join(" and ")} is unknown`
    : issue.message;

/** Names only: offsets such as `+02:00`, which newer engines take, would not follow the clocks of any place. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** A date that the calendar has, to the minute. */
function isMoment(start: string): boolean {
  if (!/^20\d\d-\d\d-\d\dT\d\d:\d\d$/.test(start)) return false;
  const time = Date.parse(`${start}Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(start);
}
