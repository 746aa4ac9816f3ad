/** The planned maintenance window: whether it is open, by the clocks of its place. Pure: the time is told. */

interface WindowBase {
  /** Hours that pass, whatever the clocks do meanwhile. */
  readonly hours: number;
  /** IANA name, in which `start` is read. */
  readonly timeZone: string;
  readonly what: string;
  readonly why: string;
}

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

export type MaintenanceWindow =
  | (WindowBase & { readonly kind: "once" /** `2026-12-01T22:00` */; readonly start: string })
  | (WindowBase & {
      readonly kind: "weekly";
      readonly day: (typeof weekdays)[number];
      /** `02:00` */
      readonly start: string;
    });

/** The alert that fires while it is open (configs/alerts/monitoring.ts). It mutes the others, and is itself no incident. */
export const maintenanceAlert = "Maintenance";

const hour = 3_600_000;
const day = 24 * hour;
const longest = { once: 168, weekly: 24 } as const;

export const isOpen = (window: MaintenanceWindow, now: number): boolean => openUntil(window, now) !== undefined;

/** When the window that is open now ends, milliseconds since 1970; undefined if none is. */
export function openUntil(window: MaintenanceWindow, now: number): number | undefined {
  const length = window.hours * hour;
  const start = startsNear(window, now).find((at) => at <= now && now < at + length);
  return start === undefined ? undefined : start + length;
}

/** Every start that may have a window around `now`. */
function startsNear(window: MaintenanceWindow, now: number): number[] {
  const { timeZone } = window;
  if (window.kind === "once") return [instantOf(Date.parse(`${window.start}Z`), timeZone)];
  const [hours = 0, minutes = 0] = window.start.split(":").map(Number);
  const midnight = Math.floor((now + offsetAt(now, timeZone)) / day) * day;
  // A window is a day long at most; a second one before it, since a change of the clocks may shift its start.
  return [-2, -1, 0, 1]
    .map((days) => midnight + days * day)
    .filter((date) => weekdays[new Date(date).getUTCDay()] === window.day)
    .map((date) => instantOf(date + hours * hour + minutes * 60_000, timeZone));
}

/**
 * When clocks of a place show a time; both are milliseconds since 1970, the one shown as if it were UTC. The first of two
 * when clocks are set back; when they skip it, the moment at which they would have shown it.
 */
function instantOf(shown: number, timeZone: string): number {
  const before = offsetAt(shown - day, timeZone);
  const after = offsetAt(shown + day, timeZone);
  const fits = [before, after].find((offset) => offsetAt(shown - offset, timeZone) === offset);
  return shown - (fits ?? before);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the clocks of a place are ahead of UTC, milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  const whole = Math.floor(instant / 1000) * 1000;
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(whole)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const date = Date.UTC(part("year"), part("month") - 1, part("day"));
  return date + part("hour") * hour + part("minute") * 60_000 + part("second") * 1000 - whole;
}

/** Kept, since making one takes longer than all the rest. @throws RangeError for a time zone that is not known */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const numeric = "numeric";
  const made = new Intl.DateTimeFormat("en-US", {
    ...{ timeZone, hourCycle: "h23", calendar: "gregory", numberingSystem: "latn" },
    ...{ year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric },
  });
  formats.set(timeZone, made);
  return made;
}

/** @throws Error saying which member is wrong, without its value */
export function parseMaintenance(json: string): MaintenanceWindow {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Error("must be JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("must be an object");
  const given: Readonly<Record<string, unknown>> = { ...value };
  const text = (name: string, isRight: (text: string) => boolean): string => {
    const found = given[name];
    if (typeof found !== "string" || !isRight(found)) throw new Error(`its ${name} is wrong`);
    return found;
  };
  const { kind, hours } = given;
  if (kind !== "once" && kind !== "weekly") throw new Error("its kind must be once or weekly");
  if (typeof hours !== "number" || !(hours > 0 && hours <= longest[kind])) throw new Error("its hours are wrong");
  const base: WindowBase = {
    hours,
    timeZone: text("timeZone", isTimeZone),
    what: text("what", isLabel),
    why: text("why", isLabel),
  };
  const known = ["kind", "start", "hours", "timeZone", "what", "why", ...(kind === "weekly" ? ["day"] : [])];
  if (Object.keys(given).some((name) => !known.includes(name))) throw new Error("it has an unknown member");
  if (kind === "once") return { kind, start: text("start", isMoment), ...base };
  const found = weekdays.find((name) => name === given.day);
  if (!found) throw new Error("its day is wrong");
  return { kind, day: found, start: text("start", (time) => /^([01]\d|2[0-3]):[0-5]\d$/.test(time)), ...base };
}

const isLabel = (text: string): boolean => /^(?=.*\S)[^\p{C}\p{Zl}\p{Zp}"'`\\]{1,80}$/u.test(text);

function isMoment(text: string): boolean {
  if (!/^20\d\d-\d\d-\d\dT\d\d:\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name) && formatOf(name) !== undefined;
  } catch {
    return false;
  }
}
