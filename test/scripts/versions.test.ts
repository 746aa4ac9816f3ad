import { expect } from "chai";
import { atLeast, compareVersions, parseVersion } from "../../scripts/setup/plain/versions.mjs";
import { acceptsVersion } from "../../scripts/setup/pulumi";

describe("versions", () => {
  it("reads the spellings that tools use", () => {
    expect(parseVersion("v3.248.0")).to.deep.equal([3, 248, 0]);
    expect(parseVersion("go1.26.8")).to.deep.equal([1, 26, 8]);
    expect(parseVersion(">=20.19")).to.deep.equal([20, 19, 0]);
    expect(parseVersion("devel")).to.equal(undefined);
  });

  it("compares numbers, not letters", () => {
    expect(compareVersions("3.9.0", "3.10.0")).to.be.lessThan(0);
    expect(compareVersions("3.10.0", "3.9.9")).to.be.greaterThan(0);
    expect(compareVersions("v3.10", "3.10.0")).to.equal(0);
  });

  it("says which text is not a version", () => {
    expect(() => compareVersions("3.1.0", "latest")).to.throw('"latest"');
    expect(() => compareVersions("(none)", "3.1.0")).to.throw('"(none)"');
  });

  it("takes the minimum itself as enough", () => {
    expect(atLeast("20.19.0", ">=20.19")).to.equal(true);
    expect(atLeast("20.18.9", ">=20.19")).to.equal(false);
    expect(atLeast("22.0.0", ">=20.19")).to.equal(true);
  });

  it("accepts a Pulumi CLI of the same major version that is not older than the SDK", () => {
    expect(acceptsVersion("3.248.0", "3.248.0")).to.equal(true);
    expect(acceptsVersion("3.248.0", "3.248.5")).to.equal(true);
    expect(acceptsVersion("v3.300.1", "3.248.0")).to.equal(true);
    expect(acceptsVersion("3.247.9", "3.248.0")).to.equal(false);
    expect(acceptsVersion("4.0.0", "3.248.0")).to.equal(false);
    expect(acceptsVersion("", "3.248.0")).to.equal(false);
  });
});
