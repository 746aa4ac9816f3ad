import { expect } from "chai";
import fc from "fast-check";
import { decideNotices, decidePoll } from "../src/decide";
import { isOpen, type MaintenanceWindow, openUntil, parseMaintenance } from "../src/maintenance";
import { renderPage } from "../src/page/render";
import { readSettings } from "../src/settings";
import { Telemetry } from "../src/telemetry";
import { after, empty, notice, policy, polled, seconds, start } from "./samples";

const hour = seconds(3600);
const about = { timeZone: "Europe/Paris", what: "database", why: "upgrade" };
type Once = Extract<MaintenanceWindow, { kind: "once" }>;
type Weekly = Extract<MaintenanceWindow, { kind: "weekly" }>;
const once = (begin: string, hours: number, timeZone = about.timeZone): Once => ({
  ...about,
  ...{ kind: "once", start: begin, hours, timeZone },
});
const weekly = (day: Weekly["day"], begin: string, hours: number, timeZone = about.timeZone): Weekly => ({
  ...about,
  ...{ kind: "weekly", day, start: begin, hours, timeZone },
});
/** It opens and closes exactly then. */
const expectSpan = (window: MaintenanceWindow, from: string, to: string): void => {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  const place = JSON.stringify(window);
  expect(isOpen(window, begin - 1), `before ${from}: ${place}`).to.equal(false);
  expect(openUntil(window, begin), `from ${from}: ${place}`).to.equal(end);
  expect(openUntil(window, end - 1), `until ${to}: ${place}`).to.equal(end);
  expect(isOpen(window, end), `after ${to}: ${place}`).to.equal(false);
};
/** What clocks of a place show, from another reading of Intl than the code's own. */
const shown = (instant: number, timeZone: string): string =>
  new Date(instant).toLocaleString("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" }).replace(" ", "T");
const dayShown = (instant: number, timeZone: string): string =>
  new Date(instant).toLocaleString("en-US", { timeZone, weekday: "long" }).toLowerCase();

const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
const zones = ["Europe/Paris", "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"];
/** Around the changes of the clocks in Paris of 2027, and in years without number. */
const moments = fc.oneof(
  fc.integer({ min: Date.parse("2027-03-26T00:00Z"), max: Date.parse("2027-03-31T00:00Z") }),
  fc.integer({ min: Date.parse("2027-10-29T00:00Z"), max: Date.parse("2027-11-03T00:00Z") }),
  fc.integer({ min: Date.parse("2001-01-01T00:00Z"), max: Date.parse("2090-01-01T00:00Z") }),
);
const length = fc.integer({ min: 1, max: 24 * 60 }).map((minutes) => minutes / 60);

describe("a maintenance window", () => {
  it("is open from its start, for its hours", () => {
    expectSpan(once("2026-12-01T22:00", 2), "2026-12-01T21:00:00Z", "2026-12-01T23:00:00Z");
    expectSpan(once("2026-07-01T22:00", 168), "2026-07-01T20:00:00Z", "2026-07-08T20:00:00Z");
    expectSpan(weekly("sunday", "02:00", 1.5, "UTC"), "2026-11-29T02:00:00Z", "2026-11-29T03:30:00Z");
  });

  it("crosses midnight, and the end of the week", () => {
    expectSpan(weekly("wednesday", "23:30", 2), "2026-11-25T22:30:00Z", "2026-11-26T00:30:00Z");
    expectSpan(weekly("sunday", "23:00", 3), "2026-11-29T22:00:00Z", "2026-11-30T01:00:00Z");
    expectSpan(weekly("saturday", "12:00", 24), "2026-11-28T11:00:00Z", "2026-11-29T11:00:00Z");
  });

  it("lasts as long when clocks are put forward, and begins when a skipped time would have been", () => {
    expectSpan(once("2027-03-28T01:30", 1), "2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z");
    expectSpan(weekly("sunday", "02:30", 1), "2027-03-28T01:30:00Z", "2027-03-28T02:30:00Z");
    expectSpan(weekly("sunday", "03:00", 1), "2027-03-28T01:00:00Z", "2027-03-28T02:00:00Z");
    expectSpan(weekly("saturday", "23:00", 24), "2027-03-27T22:00:00Z", "2027-03-28T22:00:00Z");
  });

  it("lasts as long when clocks are set back, and begins at the first of two", () => {
    expectSpan(once("2027-10-31T02:30", 1), "2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z");
    expectSpan(weekly("sunday", "02:00", 1), "2027-10-31T00:00:00Z", "2027-10-31T01:00:00Z");
    expectSpan(weekly("sunday", "03:00", 1), "2027-10-31T02:00:00Z", "2027-10-31T03:00:00Z");
  });

  it("begins when the clocks of its place show its start, wherever that is and whatever they do", () => {
    fc.assert(
      fc.property(moments, fc.constantFrom(...zones), length, (moment, zone, hours) => {
        const begin = Math.floor(moment / 60_000) * 60_000;
        const text = shown(begin, zone);
        const first = [begin - 0.5 * hour, begin - hour].find((earlier) => shown(earlier, zone) === text) ?? begin;
        const end = first + hours * hour;
        const weekday = days.find((day) => day === dayShown(begin, zone)) ?? expect.fail("no day");
        for (const window of [once(text, hours, zone), weekly(weekday, text.slice(-5), hours, zone)]) {
          expect(openUntil(window, first)).to.equal(end);
          expect(isOpen(window, end - 1)).to.equal(true);
          if (window.kind === "once" || hours <= 20) expect(isOpen(window, end)).to.equal(false);
          if (window.kind === "once" || hours <= 20) expect(isOpen(window, first - 1)).to.equal(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is open once a week, for its hours", () => {
    fc.assert(
      fc.property(moments, fc.constantFrom(...days), fc.nat(23), length, (from, day, startHour, hours) => {
        const window = weekly(day, `${String(startHour).padStart(2, "0")}:00`, hours);
        // Each end is seen at most once in a week of quarters of an hour.
        const ends = new Set<number>();
        for (let at = from; at < from + 166 * hour; at += hour / 4) {
          const end = openUntil(window, at);
          if (end !== undefined) ends.add(end);
        }
        expect(ends.size).to.be.at.most(2);
        const sorted = [...ends].sort();
        if (sorted.length === 2) expect(((sorted[1] ?? 0) - (sorted[0] ?? 0)) / hour).to.be.within(167, 169);
      }),
      { numRuns: 30 },
    );
  });
});

describe("the environment's window", () => {
  it("is read, or refused without quoting it", () => {
    const window = weekly("sunday", "02:00", 1.5);
    expect(parseMaintenance(JSON.stringify(window))).to.deep.equal(window);
    const bad: readonly (readonly [object | string, string])[] = [
      ["{", "must be JSON"],
      ["[]", "must be an object"],
      [{ ...window, kind: "daily" }, "its kind must be once or weekly"],
      [{ ...window, hours: 0 }, "its hours are wrong"],
      [{ ...window, hours: 25 }, "its hours are wrong"],
      [{ ...window, start: "24:00" }, "its start is wrong"],
      [{ ...window, day: "Sunday" }, "its day is wrong"],
      [{ ...window, timeZone: "Mars/Olympus" }, "its timeZone is wrong"],
      [{ ...window, what: 'a"b' }, "its what is wrong"],
      [{ ...window, why: "" }, "its why is wrong"],
      [{ ...window, end: 1 }, "it has an unknown member"],
      [{ ...once("2026-02-30T10:00", 1) }, "its start is wrong"],
    ];
    for (const [value, message] of bad)
      expect(() => parseMaintenance(typeof value === "string" ? value : JSON.stringify(value))).to.throw(message);
    expect(() => readSettings({ MAINTENANCE: "{" })).to.throw("MAINTENANCE: must be JSON");
  });
});

describe("planned maintenance", () => {
  const window = once("2026-11-25T04:00", 1, "UTC");
  const gauges = { heartbeat: null, alertmanagerUp: true, journalUp: true, residentBytes: 1 };
  const lines = (maintenance: MaintenanceWindow | undefined, now: number): string[] =>
    new Telemetry("r1", start)
      .render(empty, { ...gauges, maintenance, now })
      .split("\n")
      .filter((line) => line.startsWith("maintenance_active"));

  it("is one series, whether it is open, closed, or not planned", () => {
    expect(lines(undefined, start)).to.deep.equal(["maintenance_active 0"]);
    expect(lines(window, start - 1)).to.deep.equal(['maintenance_active{what="database",why="upgrade"} 0']);
    expect(lines(window, start)).to.deep.equal(['maintenance_active{what="database",why="upgrade"} 1']);
  });

  it("is told on the page while it is open, in both languages", () => {
    const view = {
      stack: "dev",
      heartbeat: "alive",
      alertmanagerUp: true,
      jobs: [],
      budgets: [],
      state: empty,
    } as const;
    const page = (now: number, language: "fr" | "en") =>
      renderPage({ ...view, now, maintenance: { ...window, what: "a<b>" } }, language);
    expect(page(start, "en")).to.include("Planned maintenance: a&lt;b&gt; (upgrade), until").and.include("05:00:00Z");
    expect(page(start, "fr")).to.include("Maintenance prévue : a&lt;b&gt; (upgrade), jusqu’à");
    expect(page(start + hour, "en")).not.to.include("Planned maintenance");
    expect(renderPage({ ...view, now: start, maintenance: undefined }, "fr")).not.to.include("Maintenance prévue");
  });

  it("is kept for the record, and neither opens nor holds an incident", () => {
    const told = after(empty, decideNotices(empty, [notice("Maintenance", { severity: "p4" })], start, policy));
    expect([...told.alerts.values()].map(({ name, delivered, counts }) => ({ name, delivered, counts }))).to.deep.equal(
      [{ name: "Maintenance", delivered: start, counts: false }],
    );
    expect(told.incidents.size).to.equal(0);
    const muted = polled("ApiInstanceDown", { suppressed: "inhibited" });
    const asked = decidePoll(told, [polled("Maintenance"), muted], new Map(), start + 5000, policy);
    expect(after(told, asked.change).incidents.size).to.equal(0);
    const again = decideNotices(told, [notice("Maintenance", { severity: "p4" })], start + 9000, policy);
    expect(again.alerts).to.deep.equal([]);
  });
});
