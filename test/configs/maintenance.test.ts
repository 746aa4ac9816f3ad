/** The setting `maintenance`: what is taken, what is refused in which words, and that the incident recorder takes the same. */
import { expect } from "chai";
import fc from "fast-check";
import { parseMaintenance } from "../../apps/incidents/src/maintenance";
import { type MaintenanceWindow, weekdays } from "../../configs/maintenance";
import { parseSettings, SettingsError, settingsTable } from "../../configs/settings";

const read = (maintenance: string): MaintenanceWindow | undefined =>
  parseSettings(
    { maintenance },
    { stack: "unit", imageSourceFound: undefined, readFile: () => expect.fail("reads no file") },
  ).maintenance;
/** What is said to be wrong, between the value and what is allowed. */
const wrong = (value: unknown): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const [begin, end] = [`medassist:maintenance is "${text}": `, `: allowed is ${settingsTable.maintenance.allowed}`];
    expect(error.problems).to.have.length(1);
    expect(error.problems[0]?.startsWith(begin) && error.problems[0].endsWith(end), error.message).to.equal(true);
    return error.problems[0]?.slice(begin.length, -end.length) ?? "";
  }
  return "nothing";
};

const once = {
  kind: "once",
  start: "2026-12-01T22:00",
  hours: 2,
  timeZone: "Europe/Paris",
  what: "database",
  why: "upgrade",
};
const weekly = { ...once, kind: "weekly", day: "sunday", start: "02:00", hours: 1.5 };

const words = fc.stringMatching(/^[A-Za-zéà’(][A-Za-z0-9 éà’().:/-]{0,79}$/);
const pad = (n: number): string => String(n).padStart(2, "0");
const time = fc.tuple(fc.nat(23), fc.nat(59)).map(([h, m]) => `${pad(h)}:${pad(m)}`);
const common = {
  timeZone: fc.constantFrom("Europe/Paris", "UTC", "America/New_York", "Australia/Lord_Howe", "Etc/GMT+5"),
  what: words,
  why: words,
};
const anyWindow = fc.oneof(
  fc.record({
    kind: fc.constant("once"),
    start: fc
      .tuple(
        fc.integer({ min: 2000, max: 2099 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 28 }),
        time,
      )
      .map(([y, m, d, t]) => `${y}-${pad(m)}-${pad(d)}T${t}`),
    hours: fc.double({ min: 0.01, max: 168, noNaN: true }),
    ...common,
  }),
  fc.record({
    kind: fc.constant("weekly"),
    day: fc.constantFrom(...weekdays),
    start: time,
    hours: fc.double({ min: 0.01, max: 24, noNaN: true }),
    ...common,
  }),
);

describe("the maintenance window", () => {
  it("is none by default", () => {
    expect(read("")).to.equal(undefined);
    expect(read("  \n")).to.equal(undefined);
  });

  it("is read as it was written, and by the incident recorder alike", () => {
    fc.assert(
      fc.property(anyWindow, (window) => {
        const taken = read(JSON.stringify(window));
        expect(taken).to.deep.equal(window);
        expect(parseMaintenance(JSON.stringify(taken))).to.deep.equal(window);
      }),
    );
  });

  it("never ends before it starts, nor lasts for ever", () => {
    for (const hours of [0, -1]) {
      expect(wrong({ ...once, hours })).to.equal("it ends before it starts: hours must be above 0");
      expect(wrong({ ...weekly, hours })).to.equal("it ends before it starts: hours must be above 0");
    }
    expect(wrong({ ...once, hours: 168 })).to.equal("nothing");
    expect(wrong({ ...once, hours: 168.5 })).to.equal("hours must be 168 at most");
    expect(wrong({ ...weekly, hours: 24 })).to.equal("nothing");
    expect(wrong({ ...weekly, hours: 25 })).to.equal("hours must be 24 at most");
    expect(wrong({ ...weekly, hours: "2" })).to.equal("hours must be a number");
  });

  it("starts at a moment that there is", () => {
    for (const start of ["2026-02-30T10:00", "2026-12-01", "2026-12-01T24:00", "2026-12-01T22:00Z", "02:00"])
      expect(wrong({ ...once, start }), start).to.equal("start is no date and time such as 2026-12-01T22:00");
    for (const start of ["24:00", "2:00", "02:60", "2026-12-01T22:00"])
      expect(wrong({ ...weekly, start }), start).to.equal("start is no time such as 02:00");
    expect(wrong({ ...weekly, day: "Sonntag" })).to.match(/^day must be one of monday, /);
  });

  it("is in a time zone that is known by name", () => {
    for (const timeZone of ["Europe/Atlantis", "+02:00", "", "Europe/Paris "])
      expect(wrong({ ...once, timeZone })).to.equal(`"${timeZone}" is no time zone that is known`);
  });

  it("says what and why in words that fit a label", () => {
    for (const what of ["", " ", 'a "b"', "l'API", "a\\b", "a\nb", "\u2028", "x".repeat(81)])
      expect(wrong({ ...once, what }), what).to.equal('what must be 1 to 80 printable characters, no quotes, no "\\"');
    const { why: _, ...unexplained } = once;
    expect(wrong(unexplained)).to.equal("why must be a text");
  });

  it("has no other members, and is an object of one of two kinds", () => {
    expect(wrong({ ...once, day: "sunday" })).to.equal('"day" is unknown');
    expect(wrong({ ...weekly, end: "04:00" })).to.equal('"end" is unknown');
    expect(wrong({ ...once, kind: "daily" })).to.equal('kind must be "once" or "weekly"');
    expect(wrong("tomorrow")).to.equal("it is no JSON");
    for (const value of ["[]", "null", "5"]) expect(wrong(value)).to.equal("it is no object");
  });

  it("is told everything that is wrong with it at once", () => {
    expect(wrong({ ...weekly, day: "never", hours: 0, extra: 1 }))
      .to.include("day must be")
      .and.include("hours must be")
      .and.include('"extra" is unknown');
  });
});
