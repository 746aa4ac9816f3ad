import { expect } from "chai";
import fc from "fast-check";
import { parseNotification, parsePolled } from "../src/alerts";
import { Problem } from "../src/problem";
import { wireAlert, wirePayload, wirePolled } from "./samples";

/** The field that a body is refused for. */
function refusedField(body: unknown, parse: (body: unknown) => unknown = parseNotification): string | undefined {
  try {
    parse(body);
  } catch (error) {
    expect(error).to.be.instanceOf(Problem);
    expect((error as Problem).status).to.equal(400);
    return (error as Problem).field;
  }
  return undefined;
}

describe("parsing alerts", () => {
  it("keeps what is needed of a notification, and no other label", () => {
    expect(parseNotification(wirePayload(wireAlert("ApiErrorRateHigh")))).to.deep.equal([
      {
        fingerprint: "0123456789abcdef",
        name: "ApiErrorRateHigh",
        severity: "p2",
        service: "api",
        labels: { alertname: "ApiErrorRateHigh", severity: "p2", service: "api", stack: "dev" },
        summary: "ApiErrorRateHigh happens",
        runbook: "P2_ApiErrorRateHigh",
        startsAt: Date.parse("2026-11-25T04:00:00.123Z"),
        status: "firing",
        endsAt: null,
      },
    ]);
  });

  it("keeps an alert without a known severity as p3", () => {
    const [found] = parseNotification(
      wirePayload(wireAlert("Odd", { labels: { alertname: "Odd", severity: "page" } })),
    );
    expect(found?.severity).to.equal("p3");
    expect(found?.service).to.equal("unknown");
  });

  it("takes the end of a resolved alert, never before its beginning", () => {
    const [ended] = parseNotification(
      wirePayload(wireAlert("A", { status: "resolved", endsAt: "2026-11-25T05:00:00+01:00" })),
    );
    expect(ended?.endsAt).to.equal(ended?.startsAt);
    expect(refusedField(wirePayload(wireAlert("A", { status: "resolved" })))).to.equal("alerts[0].endsAt");
  });

  it("names the member at fault", () => {
    expect(refusedField([])).to.equal("body");
    expect(refusedField(null)).to.equal("body");
    expect(refusedField({ version: "3" })).to.equal("version");
    expect(refusedField(wirePayload())).to.equal("alerts");
    expect(refusedField(wirePayload("x"))).to.equal("alerts[0]");
    expect(refusedField(wirePayload(wireAlert("A"), wireAlert("B", { status: 1 })))).to.equal("alerts[1].status");
    expect(refusedField(wirePayload(wireAlert("A", { labels: { alertname: 1 } })))).to.equal("alerts[0].labels");
    expect(refusedField(wirePayload(wireAlert("<b>")))).to.equal("alerts[0].labels.alertname");
    expect(refusedField(wirePayload(wireAlert("A", { annotations: [] })))).to.equal("alerts[0].annotations");
    expect(refusedField(wirePayload(wireAlert("A", { fingerprint: "../x" })))).to.equal("alerts[0].fingerprint");
    for (const startsAt of ["yesterday", "0001-01-01T00:00:00Z", "2026-13-25T04:00:00Z", 7, undefined])
      expect(refusedField(wirePayload(wireAlert("A", { startsAt })))).to.equal("alerts[0].startsAt");
  });

  it("shortens long texts, by whole characters", () => {
    const summary = "😀".repeat(400);
    const [found] = parseNotification(
      wirePayload(wireAlert("A", { annotations: { summary, runbook_url: "\ud800x" } })),
    );
    expect(Array.from(found?.summary ?? "")).to.have.lengthOf(300);
    expect(found?.summary).to.match(/^(😀)+…$/u);
    expect(found?.runbook).to.equal("\ufffdx");
  });

  it("tells why Alertmanager mutes an alert", () => {
    const states = parsePolled([
      wirePolled("A", {}),
      wirePolled("B", { state: "suppressed", inhibitedBy: ["x"] }),
      wirePolled("C", { state: "suppressed", silencedBy: ["y"], inhibitedBy: ["x"] }),
      wirePolled("D", { mutedBy: ["night"] }),
      wirePolled("E", { state: "unprocessed" }),
    ]).map(({ suppressed }) => suppressed);
    expect(states).to.deep.equal([null, "inhibited", "silenced", "silenced", null]);
    expect(refusedField({}, parsePolled)).to.equal("body");
    expect(refusedField([{}], parsePolled)).to.equal("[0].status");
  });

  it("never throws anything but a problem, whatever comes", () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constant("2026-11-25T04:00:00Z"),
      fc.constantFrom("firing", "resolved", "A1", "4"),
    );
    const labels = fc.oneof(odd, fc.dictionary(fc.constantFrom("alertname", "severity", "__proto__", "x"), odd));
    const alert = fc.record(
      { status: odd, labels, annotations: labels, startsAt: odd, endsAt: odd, fingerprint: odd },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      odd,
      fc.record({ version: fc.constantFrom("4", 4, null), alerts: fc.oneof(odd, fc.array(fc.oneof(alert, odd))) }),
    );
    fc.assert(
      fc.property(body, (value) => {
        refusedField(value);
        refusedField(value, parsePolled);
      }),
      { numRuns: 500 },
    );
  });
});
