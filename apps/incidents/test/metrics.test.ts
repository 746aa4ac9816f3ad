import { expect } from "chai";
import { decideNotices } from "../src/decide";
import { Histogram, renderMetrics } from "../src/metrics";
import { Telemetry } from "../src/telemetry";
import { after, empty, notice, policy, start } from "./samples";

describe("metrics", () => {
  it("are Prometheus' text, with help, values and labels escaped", () => {
    const text = renderMetrics([
      {
        name: "a",
        type: "gauge",
        help: "x\\y\nz",
        samples: [{ labels: { l: 'q"\\\n' }, value: 0.5 }, { value: 1e21 }],
      },
      { name: "b", type: "counter", help: "none yet", samples: [] },
    ]);
    expect(text).to.equal(
      '# HELP a x\\\\y\\nz\n# TYPE a gauge\na{l="q\\"\\\\\\n"} 0.5\na 1e+21\n# HELP b none yet\n# TYPE b counter\n',
    );
  });

  it("count into cumulative buckets; less than nothing is 0", () => {
    const histogram = new Histogram([1, 5]);
    for (const value of [-3, 1, 2, 9]) histogram.observe(value);
    expect(histogram.samples().map(({ suffix, labels, value }) => [suffix, labels?.le, value])).to.deep.equal([
      ["_bucket", "1", 2],
      ["_bucket", "5", 3],
      ["_bucket", "+Inf", 4],
      ["_sum", undefined, 12],
      ["_count", undefined, 4],
    ]);
  });

  it("tell of delays once an alert, and of each priority that an incident reached", () => {
    const telemetry = new Telemetry("r1", start);
    const first = decideNotices(empty, [notice("A", { severity: "p3" })], start + 1500, policy);
    telemetry.changed(empty, first);
    const state = after(empty, first);
    const second = decideNotices(
      state,
      [notice("A", { severity: "p3" }), notice("B", { severity: "p1" })],
      start + 4000,
      policy,
    );
    telemetry.changed(state, second);
    const text = telemetry.render(after(state, second), {
      heartbeat: null,
      alertmanagerUp: true,
      journalUp: true,
      residentBytes: 1,
      maintenance: undefined,
      now: start,
    });
    for (const line of [
      'incident_open{severity="p1"} 1',
      'incident_open{severity="p3"} 0',
      'incident_total{severity="p1"} 1',
      'incident_total{severity="p2"} 0',
      'incident_total{severity="p3"} 1',
      "incident_detection_seconds_count 1",
      "incident_detection_seconds_sum 1.5",
      'alert_delivery_seconds_bucket{severity="p3",le="2"} 1',
      'alert_delivery_seconds_sum{severity="p1"} 4',
      "incident_alertmanager_up 1",
      "maintenance_active 0",
      'incident_webhook_refused_total{reason="malformed"} 0',
    ])
      expect(text.split("\n")).to.include(line);
    expect(text).not.to.match(/^incident_heartbeat_timestamp_seconds /m);
  });
});
