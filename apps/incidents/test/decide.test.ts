import { expect } from "chai";
import fc from "fast-check";
import { decideNotices, decidePoll, type Missing, watchdog } from "../src/decide";
import { decideForgotten } from "../src/retention";
import { severities, worse } from "../src/severity";
import { type IncidentRecord, isEmpty, mergeChanges, type State } from "../src/state";
import { after, empty, notice, policy, polled, seconds, start } from "./samples";

const tell = (state: State, at: number, ...notices: Parameters<typeof decideNotices>[1]): State =>
  after(state, decideNotices(state, notices, start + seconds(at), policy));
const over = (name: string, at: number, given = {}) =>
  notice(name, { status: "resolved", endsAt: start + seconds(at), ...given });
const incidents = (state: State): IncidentRecord[] => [...state.incidents.values()];

describe("incidents", () => {
  it("open with the first alert, collect others, take the worst priority and close with the last", () => {
    let state = tell(empty, 2, notice("ApiInstanceDown"));
    expect(incidents(state)).to.deep.include.members([
      {
        id: "20261125T040002Z",
        priority: "p2",
        opened: start,
        detected: start + 2000,
        openedBy: `fApiInstanceDown@${start}`,
        closed: null,
        settled: null,
        reopened: 0,
      },
    ]);
    state = tell(state, 5, notice("AllApiDown", { severity: "p1", startsAt: start + 4000 }));
    state = tell(state, 9, over("AllApiDown", 8, { startsAt: start + 4000 }));
    expect(incidents(state)[0]).to.include({ priority: "p1", closed: null });
    state = tell(state, 12, over("ApiInstanceDown", 11));
    expect(incidents(state)).to.have.lengthOf(1);
    expect(incidents(state)[0]).to.include({ priority: "p1", closed: start + 11_000, settled: start + 12_000 });
  });

  it("come back within the quiet time, and are new after it", () => {
    const closed = tell(tell(empty, 0, notice("A")), 10, over("A", 10));
    const again = { startsAt: start + seconds(69) };
    const back = tell(closed, 70, notice("A", again));
    expect(incidents(back)).to.have.lengthOf(1);
    expect(incidents(back)[0]).to.include({ closed: null, settled: null, reopened: 1 });
    expect([...back.alerts.values()]).to.have.lengthOf(2);
    expect(incidents(tell(closed, 70.001, notice("A", again)))).to.have.lengthOf(2);
  });

  it("never contain the heartbeat", () => {
    expect(tell(empty, 0, notice(watchdog))).to.deep.equal(empty);
    expect(after(empty, decidePoll(empty, [polled(watchdog)], new Map(), start, policy).change)).to.deep.equal(empty);
  });

  it("do not change when a notification is repeated", () => {
    const state = tell(empty, 1, notice("A"));
    expect(isEmpty(decideNotices(state, [notice("A")], start + seconds(60), policy))).to.equal(true);
  });

  it("end a stretch whose end was not told when the next begins", () => {
    const state = tell(tell(empty, 1, notice("A")), 50, notice("A", { startsAt: start + seconds(48) }));
    const [first, second] = [...state.alerts.values()];
    expect(first).to.include({ resolved: start + seconds(48), resolvedBy: "refired" });
    expect(second).to.include({ resolved: null, delivered: start + seconds(50) });
    expect(incidents(state)).to.have.lengthOf(1);
  });

  it("keep an alert of which only the end was told, without an incident and once", () => {
    const state = tell(tell(empty, 50, over("A", 40)), 55, over("A", 40));
    expect([...state.alerts.values()]).to.have.lengthOf(1);
    expect([...state.alerts.values()][0]).to.include({
      delivered: null,
      resolved: start + seconds(40),
      incident: null,
    });
    expect(incidents(state)).to.deep.equal([]);
  });
});

describe("asking Alertmanager", () => {
  const ask = (state: State, at: number, alerts: Parameters<typeof decidePoll>[1], missing: Missing = new Map()) => {
    const found = decidePoll(state, alerts, missing, start + seconds(at), policy);
    return { state: after(state, found.change), missing: found.missing };
  };

  it("adds muted alerts to an open incident, but neither opens nor holds one for them", () => {
    const muted = polled("ApiInstanceDown", { suppressed: "inhibited" });
    expect(incidents(ask(empty, 1, [muted]).state)).to.deep.equal([]);

    const open = tell(empty, 1, notice("AllApiDown", { severity: "p3" }));
    const { state } = ask(open, 2, [polled("AllApiDown"), muted]);
    const alert = [...state.alerts.values()][1];
    expect(alert).to.include({ suppressed: "inhibited", counts: false, incident: "20261125T040001Z", delivered: null });
    expect(incidents(state)[0]?.priority).to.equal("p3");
    expect(incidents(tell(state, 3, over("AllApiDown", 3)))[0]?.closed).to.equal(start + seconds(3));
  });

  it("opens an incident when an alert is muted no longer; its delay counts from then", () => {
    const muted = ask(empty, 1, [polled("A", { suppressed: "silenced" })]).state;
    const { state } = ask(muted, 100, [polled("A")]);
    expect(incidents(state)[0]).to.include({ opened: start + seconds(100), detected: start + seconds(100) });
  });

  it("keeps an incident open whose alert is silenced after the fact", () => {
    const { state } = ask(tell(empty, 1, notice("A")), 5, [polled("A", { suppressed: "silenced" })]);
    expect(incidents(state)[0]?.closed).to.equal(null);
  });

  it("ends what is missing for long enough, at the time since when it is missing", () => {
    let step = ask(tell(empty, 1, notice("A")), 10, []);
    step = ask(step.state, 99, [], step.missing);
    expect(incidents(step.state)[0]?.closed).to.equal(null);
    const seen = ask(step.state, 99.5, [polled("A")], step.missing);
    expect(seen.missing.size).to.equal(0);
    step = ask(step.state, 100, [], step.missing);
    expect([...step.state.alerts.values()][0]).to.include({ resolvedBy: "poll", resolved: start + seconds(10) });
    expect(incidents(step.state)[0]).to.include({ closed: start + seconds(10), settled: start + seconds(100) });
    // It was only that Alertmanager had forgotten it.
    step = ask(step.state, 130, [polled("A")]);
    expect([...step.state.alerts.values()]).to.have.lengthOf(1);
    expect(incidents(step.state)[0]).to.include({ closed: null, reopened: 1 });
  });

  it("does not bring back what was notified as over meanwhile", () => {
    const closed = tell(tell(empty, 1, notice("A")), 5, over("A", 5));
    expect(ask(closed, 5.1, [polled("A")]).state).to.deep.equal(closed);
  });
});

describe("whatever happens", () => {
  const name = fc.constantFrom("A", "B", "C", "D");
  const stretch = fc.integer({ min: 0, max: 5 });
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 50 }),
    act: fc.oneof(
      fc.record({ kind: fc.constant("notice"), name, stretch, status: fc.constantFrom("firing", "resolved") }),
      fc.record({
        kind: fc.constant("poll"),
        alerts: fc.uniqueArray(
          fc.record({ name, stretch, suppressed: fc.constantFrom(null, "inhibited", "silenced") }),
          { selector: (alert) => alert.name },
        ),
      }),
      fc.record({ kind: fc.constant("forget"), alerts: fc.integer({ min: 1, max: 5 }) }),
    ),
  });
  const severityOf = (alert: string) => severities["ABCD".indexOf(alert)] ?? "p4";

  it("at most one incident is open, and exactly while an alert that counts fires", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let state = empty;
        let missing: Missing = new Map();
        let now = start;
        for (const { wait, act } of steps) {
          now += seconds(wait);
          const before = state;
          if (act.kind === "notice") {
            const startsAt = start + seconds(60 * act.stretch);
            const status = act.status === "firing" ? ("firing" as const) : ("resolved" as const);
            const endsAt = status === "firing" ? null : startsAt + seconds(30);
            const severity = severityOf(act.name);
            state = after(
              state,
              decideNotices(state, [notice(act.name, { startsAt, status, endsAt, severity })], now, policy),
            );
          } else if (act.kind === "poll") {
            const alerts = act.alerts.map((alert) =>
              polled(alert.name, {
                startsAt: start + seconds(60 * alert.stretch),
                severity: severityOf(alert.name),
                suppressed:
                  alert.suppressed === null ? null : alert.suppressed === "silenced" ? "silenced" : "inhibited",
              }),
            );
            const found = decidePoll(state, alerts, missing, now, policy);
            missing = found.missing;
            state = after(state, found.change);
          } else {
            state = after(state, decideForgotten(state, now, { age: seconds(600), alerts: act.alerts }));
            expect(incidents(state).filter(({ closed }) => closed === null)).to.deep.equal(
              incidents(before).filter(({ closed }) => closed === null),
            );
          }
          check(state);
        }
      }),
      { numRuns: 400 },
    );
  });

  function check(state: State): void {
    const open = incidents(state).filter(({ closed }) => closed === null);
    const firing = [...state.alerts.values()].filter(({ resolved, counts }) => resolved === null && counts);
    expect(open.length).to.equal(firing.length > 0 ? 1 : 0);
    for (const alert of firing) expect(alert.incident).to.equal(open[0]?.id);
    const fingerprints = [...state.alerts.values()]
      .filter(({ resolved }) => resolved === null)
      .map(({ fingerprint }) => fingerprint);
    expect(new Set(fingerprints).size).to.equal(fingerprints.length);
    for (const incident of incidents(state)) {
      expect(incident.detected).to.be.at.least(incident.opened);
      if (incident.closed !== null) expect(incident.closed).to.be.at.least(incident.opened);
      for (const alert of state.alerts.values())
        if (alert.incident === incident.id && alert.counts)
          expect(worse(incident.priority, alert.severity)).to.equal(incident.priority);
    }
  }
});

describe("what is old", () => {
  it("is forgotten by age and by number, whole incidents at a time, never what is open", () => {
    let state = empty;
    for (const [index, name] of ["A", "B", "C"].entries()) {
      const at = index * 1000;
      state = tell(state, at, notice(name, { startsAt: start + seconds(at) }));
      if (name !== "C") state = tell(state, at + 10, over(name, at + 10, { startsAt: start + seconds(at) }));
    }
    const forget = (age: number, alerts: number) =>
      decideForgotten(state, start + seconds(2500), { age: seconds(age), alerts });
    expect(forget(1e6, 10)).to.deep.include({ forgottenAlerts: [], forgottenIncidents: [] });
    expect(forget(2000, 10).forgottenAlerts).to.deep.equal([`fA@${start}`]);
    expect(forget(1e6, 1).forgottenIncidents).to.deep.equal(["20261125T040000Z", "20261125T041640Z"]);
    const left = after(state, forget(0, 0));
    expect([...left.alerts.values()].map(({ name }) => name)).to.deep.equal(["C"]);
    expect(left.incidents.size).to.equal(1);
  });

  it("is merged into one change as if it had been two", () => {
    const first = decideNotices(empty, [notice("A"), over("A", 5)], start, policy);
    const state = after(empty, first);
    const second = decideForgotten(state, start + seconds(1e6), { age: 0, alerts: 0 });
    expect(after(empty, mergeChanges(first, second))).to.deep.equal(after(state, second));
    expect(after(empty, mergeChanges(second, first))).to.deep.equal(after(empty, second, first));
  });
});
