/** The offline stand-in for node:22-alpine keeps its contract. */
import { expect } from "chai";
import { imageBench, type Result } from "./support";

describe("offline image of node", function () {
  this.timeout(300_000);
  const { once } = imageBench(["node"]);
  const asNode = ["--user", "1000:1000", "--tmpfs", "/tmp"];
  const shell = (line: string): Result => once("node", asNode, ["sh", "-c", line]);

  it("has node, npm and wget on PATH, and the user node", () => {
    const said = shell("which node npm npx wget; id -un; id -gn; echo ~; npm --version");
    expect(said, said.output).to.have.property("status", 0);
    const [version, ...rest] = said.stdout.split("\n").reverse();
    expect(version).to.match(/^\d+\.\d+\.\d+$/);
    expect(rest.reverse()).to.deep.equal([
      ...["node", "npm", "npx", "wget"].map((program) => `/usr/local/bin/${program}`),
      ...["node", "node", "/home/node"],
    ]);
  });

  it("gives to node what is no program: an option, or a file", () => {
    const major = once("node", asNode, ["-p", "process.versions.node.split('.')[0]"]);
    expect(Number(major.stdout)).to.be.at.least(20);
    expect(once("node", asNode, ["/no/such.js"]).output).to.match(/Cannot find module '\/no\/such\.js'/);
    expect(once("node", asNode, ["echo", "hello"]).stdout).to.equal("hello");
  });

  it("installs with npm from a folder, runs read-only, and trusts what the host trusts", () => {
    const line = [
      "set -e; export HOME=/tmp; mkdir -p /tmp/dep /tmp/app; cd /tmp/dep",
      `echo '{"name":"dep","version":"1.0.0","main":"i.js"}' > package.json; echo 'module.exports = 42' > i.js`,
      "cd /tmp/app; echo '{}' > package.json; npm install --offline --no-audit --no-fund ../dep >&2",
      "node -p 'require(\"dep\")'; node -p 'require(\"tls\").rootCertificates.length > 0'; test -r $NODE_EXTRA_CA_CERTS",
    ].join("\n");
    const said = shell(line);
    expect(said.stdout, said.output).to.equal("42\ntrue");
  });
});
