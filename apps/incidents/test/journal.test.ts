import { appendFileSync, closeSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { decideNotices } from "../src/decide";
import { Journal } from "../src/journal";
import { encodeChange, encodeState, replay } from "../src/journalText";
import type { Change, State } from "../src/state";
import { empty, notice, policy, seconds, start, after as stateAfter, temporaryFolder } from "./samples";

const event = fc.record({
  name: fc.constantFrom("A", "B", "C"),
  summary: fc.string({ unit: "grapheme", maxLength: 20 }),
  firing: fc.boolean(),
});

/** The changes that a run of notifications makes, and the state after each. */
function play(events: readonly { name: string; summary: string; firing: boolean }[]) {
  const changes: Change[] = [];
  const states: State[] = [empty];
  events.forEach(({ name, summary, firing }, index) => {
    const now = start + seconds(10 * index);
    const state = states.at(-1) ?? empty;
    const status = firing ? ("firing" as const) : ("resolved" as const);
    const told = notice(name, { summary, status, startsAt: firing ? now : start, endsAt: firing ? null : now });
    const change = decideNotices(state, [told], now, policy);
    changes.push(change);
    states.push(stateAfter(state, change));
  });
  return { changes, states };
}

describe("the journal's text", () => {
  it("cut off anywhere stands for what was true at some moment before", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.double({ min: 0, max: 1, noNaN: true }), (events, where) => {
        const { changes, states } = play(events);
        const content = Buffer.from(changes.map(encodeChange).join(""));
        const cut = content.subarray(0, Math.floor(content.length * where));
        const { state, lines, damaged, torn } = replay(cut);
        expect(damaged).to.equal(0);
        expect(state).to.deep.equal(states[lines]);
        expect(torn).to.equal(cut.length - (cut.lastIndexOf(0x0a) + 1));
      }),
      { numRuns: 300 },
    );
  });

  it("written anew stands for the same", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const { states } = play(events);
        const state = states.at(-1) ?? empty;
        expect(replay(Buffer.from(encodeState(state))).state).to.deep.equal(state);
      }),
    );
  });

  it("with other things in it than the recorder writes loses only those lines", () => {
    const { changes, states } = play([{ name: "A", summary: "", firing: true }]);
    for (const line of [
      "{",
      "null",
      "7",
      "[]",
      '{"alerts":[]}',
      '{"alerts":[{}],"incidents":[]}',
      '{"alerts":[null],"incidents":[]}',
    ]) {
      const { state, damaged } = replay(Buffer.from(`${line}\n${changes.map(encodeChange).join("")}`));
      expect(state).to.deep.equal(states[1]);
      expect(damaged, line).to.equal(1);
    }
  });
});

describe("the journal on the volume", () => {
  const folder = temporaryFolder();
  const path = join(folder.path, "journal.jsonl");
  after(() => folder.remove());

  it("is read again; a last line that was not finished is dropped with a warning, and the next is whole", () => {
    const { changes, states } = play([
      { name: "A", summary: "é", firing: true },
      { name: "B", summary: "", firing: true },
    ]);
    const { journal, state, warnings } = Journal.open(folder.path);
    expect(state).to.deep.equal(empty);
    expect(warnings).to.deep.equal([]);
    for (const change of changes.slice(0, 1)) journal.append(change);
    journal.close();
    appendFileSync(path, '{"alerts":[{"id":');
    const second = Journal.open(folder.path);
    expect(second.warnings).to.have.lengthOf(1);
    expect(second.state).to.deep.equal(states[1]);
    for (const change of changes.slice(1)) second.journal.append(change);
    second.journal.close();
    const third = Journal.open(folder.path);
    expect(third.warnings).to.deep.equal([]);
    expect(third.state).to.deep.equal(states[2]);
    third.journal.close();
  });

  it("is written anew when it is long, and goes on after it", () => {
    const { changes, states } = play([{ name: "A", summary: "", firing: true }]);
    const line = changes.map(encodeChange).join("");
    writeFileSync(path, line.repeat(1100));
    const { journal } = Journal.open(folder.path);
    expect(readFileSync(path, "utf8").trim().split("\n")).to.have.lengthOf(2);
    expect(existsSync(`${path}.new`)).to.equal(false);
    for (const change of changes) journal.append(change);
    journal.close();
    expect(replay(readFileSync(path)).state).to.deep.equal(states[1]);
  });

  it("tells when it cannot be written", () => {
    const { changes } = play([{ name: "A", summary: "", firing: true }]);
    const { journal } = Journal.open(folder.path);
    // The nearest to a broken disk that a test can make.
    closeSync((journal as unknown as { file: number }).file);
    for (const change of changes) expect(() => journal.append(change)).to.throw();
    expect(() => Journal.open(join(path, "below-a-file"))).to.throw();
  });
});
