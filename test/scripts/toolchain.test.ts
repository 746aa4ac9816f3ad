import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { sourceFiles } from "../../scripts/setup/cache";
import { pinnedVersions } from "../../scripts/setup/paths";
import { goEnvironment, recipe, toolchainFolder } from "../../scripts/setup/toolchain";

describe("toolchain", () => {
  const versions = { node: ">=20", pulumi: "3.1.2", docker: "5.6.7", random: "4.5.6", tls: "7.8.9" };

  it("names every program after the version in package.json", () => {
    const named = recipe(versions).map(({ name, version }) => `${name} ${version.split("=")[1]}`);
    expect(named).to.have.members([
      "pulumi 3.1.2",
      "pulumi-language-nodejs 3.1.2",
      "pulumi-resource-docker 5.6.7",
      "pulumi-resource-random 4.5.6",
      "pulumi-resource-tls 7.8.9",
    ]);
  });

  it("pins the CLI's sources to the SDK of package.json", () => {
    const goMod = readFileSync(join(toolchainFolder, "cli", "go.mod"), "utf8");
    expect(/pulumi\/pkg\/v3 v(\S+)/.exec(goMod)?.[1]).to.equal(pinnedVersions().pulumi);
  });

  it("builds only what is there", () => {
    const files = sourceFiles(toolchainFolder);
    for (const { module, pkg, generates } of recipe(versions)) {
      expect(files.has(`${module}/go.mod`), `${module}/go.mod`).to.equal(true);
      expect(files.has(`${module}/go.sum`), `${module}/go.sum`).to.equal(true);
      if (pkg.startsWith("./")) expect(files.has(join(module, pkg, "main.go")), pkg).to.equal(true);
      if (generates) expect(files.has(join(module, generates, ".gitignore")), generates).to.equal(true);
    }
  });

  it("names no module proxy in its files", () => {
    for (const [path, content] of sourceFiles(toolchainFolder)) expect(content, path).to.not.contain("GOPROXY=http");
  });

  it("lets a refused module fail at once", () => {
    const go = (GOPROXY: string): string | undefined => goEnvironment({}, { GOPROXY, GONOSUMDB: "" }).GOPROXY;
    expect(go("https://a.example,direct")).to.equal("https://a.example");
    expect(go("https://a.example|https://b.example|direct")).to.equal("https://a.example|https://b.example");
    expect(go("direct"), "somebody who has no proxy").to.equal("direct");
    expect(go("https://directory.example")).to.equal("https://directory.example");
  });

  it("keeps the person's own list of unlisted modules", () => {
    const { GONOSUMDB } = goEnvironment({}, { GOPROXY: "x", GONOSUMDB: "example.org/*" });
    expect(GONOSUMDB).to.match(/^example\.org\/\*,github\.com\/pulumi\/\*/);
  });
});
