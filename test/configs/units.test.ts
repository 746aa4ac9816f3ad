import { expect } from "chai";
import fc from "fast-check";
import { MiB, milliseconds, minutes, Size, seconds } from "../../configs/units";

/** Go's time.ParseDuration for the units that toGo writes. */
function parseGo(text: string): number {
  const factors: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  return [...text.matchAll(/([\d.]+)(h|ms|m|s)/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * (factors[unit ?? ""] ?? Number.NaN),
    0,
  );
}

describe("Duration", () => {
  it("is written as Go writes it", () => {
    for (const [duration, text] of [
      [seconds(0), "0s"],
      [milliseconds(500), "500ms"],
      [seconds(5), "5s"],
      [seconds(60), "1m0s"],
      [seconds(90), "1m30s"],
      [minutes(60), "1h0m0s"],
      [milliseconds(1500), "1.5s"],
    ] as const) {
      expect(duration.toGo()).to.equal(text);
    }
  });

  it("means the same after it was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), (ms) => {
        expect(Math.round(parseGo(milliseconds(ms).toGo()))).to.equal(ms);
        expect(Math.round(parseGo(milliseconds(ms).toShort()))).to.equal(ms);
      }),
    );
  });

  it("refuses what is no span of time", () => {
    for (const n of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => milliseconds(n)).to.throw(RangeError);
  });
});

describe("Size", () => {
  it("is counted in bytes and told in MiB", () => {
    expect(MiB(64).bytes).to.equal(67_108_864);
    expect(MiB(64).mebibytes).to.equal(64);
    expect(() => Size.bytes(-1)).to.throw(RangeError);
  });
});
