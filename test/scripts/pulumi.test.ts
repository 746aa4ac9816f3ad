import { expect } from "chai";
import { cacheRoot, type PinnedVersions, pinnedVersions } from "../../scripts/setup/paths";
import { missingPlugins, type PulumiTools, pulumiEnvironment } from "../../scripts/setup/pulumi";

const built: PulumiTools = { binDir: "/cache/bin", source: "cache", version: "3.248.0", plugins: "beside" };
const versions: PinnedVersions = {
  node: ">=20.19",
  pulumi: "3.248.0",
  docker: "5.2.0",
  random: "4.21.2",
  tls: "5.5.1",
};

describe("the environment of the Pulumi CLI", () => {
  it("puts a built CLI first on PATH and keeps it from asking the network", () => {
    const env = pulumiEnvironment(built, { PATH: "/usr/bin", HOME: "/root" });
    expect(env).to.deep.equal({
      PATH: "/cache/bin:/usr/bin",
      HOME: "/root",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    });
  });

  it("lets a built CLI see the plugins beside it, whatever the person has set", () => {
    expect(pulumiEnvironment(built, { PULUMI_IGNORE_AMBIENT_PLUGINS: "1" })).to.not.have.property(
      "PULUMI_IGNORE_AMBIENT_PLUGINS",
    );
  });

  it("leaves plugin acquisition to an installed CLI", () => {
    const env = pulumiEnvironment({ ...built, source: "installer", plugins: "pulumi" }, { PATH: "/usr/bin" });
    expect(env).to.deep.equal({ PATH: "/cache/bin:/usr/bin", PULUMI_SKIP_UPDATE_CHECK: "true" });
  });

  it("changes nothing for the person's own CLI", () => {
    const base = { PATH: "/usr/bin", PULUMI_IGNORE_AMBIENT_PLUGINS: "1" };
    expect(pulumiEnvironment({ ...built, source: "path", plugins: "pulumi" }, base)).to.deep.equal(base);
  });

  it("drops unset variables and does not change the base", () => {
    const base = { PATH: undefined, A: "1" };
    expect(pulumiEnvironment(built, base)).to.include({ PATH: "/cache/bin", A: "1" });
    expect(base).to.deep.equal({ PATH: undefined, A: "1" });
  });
});

describe("the plugins of an installed CLI", () => {
  const listed = (plugins: object[]): string => JSON.stringify(plugins);
  const result = (stdout: string, code = 0) => ({ code, stdout, stderr: "" });

  it("are missing unless listed in exactly the pinned version", () => {
    const all = [
      { name: "docker", version: "5.2.0" },
      { name: "random", version: "4.21.2" },
      { name: "tls", version: "5.5.1" },
    ];
    expect(missingPlugins(result(listed(all)), versions)).to.deep.equal([]);
    expect(missingPlugins(result(listed([{ name: "docker", version: "5.1.0" }])), versions)).to.deep.equal([
      "docker",
      "random",
      "tls",
    ]);
  });

  it("are all missing when the list cannot be read", () => {
    expect(missingPlugins(result("not json"), versions)).to.deep.equal(["docker", "random", "tls"]);
    expect(missingPlugins(result("[]", 1), versions)).to.deep.equal(["docker", "random", "tls"]);
  });
});

describe("pinned versions", () => {
  const packageJson = (pulumi: string): string =>
    JSON.stringify({
      engines: { node: ">=20.19" },
      dependencies: {
        "@pulumi/pulumi": pulumi,
        "@pulumi/docker": "5.2.0",
        "@pulumi/random": "4.21.2",
        "@pulumi/tls": "5.5.1",
      },
    });

  it("come from package.json", () => {
    expect(pinnedVersions(packageJson("3.248.0"))).to.deep.equal(versions);
  });

  it("must be exact", () => {
    expect(() => pinnedVersions(packageJson("^3.248.0"))).to.throw(
      'pin @pulumi/pulumi to one exact version such as 3.248.0; it has "^3.248.0"',
    );
  });
});

describe("the user's cache", () => {
  it("honours XDG_CACHE_HOME when it is absolute", () => {
    expect(cacheRoot({ XDG_CACHE_HOME: "/big" }, "/home/a")).to.equal("/big/medassist");
    expect(cacheRoot({ XDG_CACHE_HOME: "relative" }, "/home/a")).to.equal("/home/a/.cache/medassist");
    expect(cacheRoot({}, "/home/a")).to.equal("/home/a/.cache/medassist");
  });
});
