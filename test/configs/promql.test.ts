/** PromQL that cannot forget the stack. That the whole rule file parses is tested with the alerts. */
import { expect } from "chai";
import fc from "fast-check";
import { Metric, matching, not, notMatching, oneOf, promql } from "../../configs/promql";
import { days, minutes, seconds } from "../../configs/units";

const errors = new Metric({
  name: "errors_total",
  type: "counter",
  unit: "count",
  labels: ["code", "path"],
  from: "a test",
});
const duration = new Metric({
  name: "duration_seconds",
  type: "histogram",
  unit: "seconds",
  labels: ["path"],
  from: "a test",
});

describe("PromQL", () => {
  it("is the text that was written, with the stack's label in every selector", () => {
    const expr = promql`rate(${errors.where({ code: "500" }).over(minutes(5))}) / ${errors} > ${0.05}`;
    expect(expr.render("zebra")).to.equal(
      'rate(errors_total{stack="zebra",code="500"}[5m]) / errors_total{stack="zebra"} > 0.05',
    );
  });

  it("keeps expressions within expressions, and is one line", () => {
    const inner = promql`sum(
      ${errors})`;
    expect(
      promql`  ${inner}
      > 1`.render("a"),
    ).to.equal('sum( errors_total{stack="a"}) > 1');
  });

  it("has a condition of each kind", () => {
    const path = (matcher: Parameters<typeof errors.where>[0]) => errors.where(matcher).render("a");
    expect(path({ path: not("x") })).to.equal('errors_total{stack="a",path!="x"}');
    expect(path({ path: matching("/api/.*") })).to.equal('errors_total{stack="a",path=~"/api/.*"}');
    expect(path({ path: notMatching("/x") })).to.equal('errors_total{stack="a",path!~"/x"}');
    expect(path({ code: oneOf("4.4", "5|5") })).to.equal('errors_total{stack="a",code=~"4\\\\.4|5\\\\|5"}');
  });

  it("looks back: over a span, and from an earlier moment", () => {
    expect(errors.where({}).over(seconds(90)).offset(days(1)).render("a")).to.equal(
      'errors_total{stack="a"}[90s] offset 1d',
    );
    expect(errors.over(minutes(60)).render("a")).to.equal('errors_total{stack="a"}[1h]');
    expect(promql`x[${minutes(90)}]`.render("a")).to.equal("x[90m]");
  });

  it("knows the parts of a histogram, and that a counter has none", () => {
    expect(duration.bucket.where({ le: "0.8" }).render("a")).to.equal('duration_seconds_bucket{stack="a",le="0.8"}');
    expect([duration.count.name, duration.sum.name]).to.deep.equal(["duration_seconds_count", "duration_seconds_sum"]);
    expect(() => errors.bucket).to.throw("errors_total is no histogram");
  });

  it("tells what it reads, however deep", () => {
    const expr = promql`${promql`${errors.where({ code: "500" })} > 0`} and ${duration.count}`;
    expect(expr.selectors.map((s) => s.series("a"))).to.deep.equal([
      'errors_total{stack="a",code="500"}',
      'duration_seconds_count{stack="a"}',
    ]);
  });

  it("quotes any value so that it stays a value", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (stack, code) => {
        const text = errors.where({ code }).render(stack);
        const [, quotedStack = "", quotedCode = ""] =
          /^errors_total\{stack=("(?:[^"\\]|\\.)*"),code=("(?:[^"\\]|\\.)*")\}$/.exec(text) ?? [];
        expect([JSON.parse(quotedStack), JSON.parse(quotedCode)]).to.deep.equal([stack, code]);
      }),
    );
  });

  it("matches exactly the values that are listed", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), fc.string(), (values, other) => {
        const pattern = new RegExp(`^(?:${oneOf(...values).value})$`);
        for (const value of values) expect(value).to.match(pattern);
        if (!values.includes(other)) expect(other).not.to.match(pattern);
      }),
    );
  });
});
