/** A user's mistakes: said in one clear line, before anything is touched, and never at the running service's cost. */
import { once } from "node:events";
import { createServer } from "node:net";
import { expect } from "chai";
import { identities, inside } from "./support/engine";
import { ask, pay } from "./support/http";
import { stackTrace, TestStack } from "./support/testStack";
import { underLoad } from "./support/underLoad";

describe("settings and files that are wrong", () => {
  let stack: TestStack;

  before("up", async () => {
    stack = await TestStack.create("config");
    await stack.up();
  });
  after(() => stack.destroy());

  const release = (): Promise<string> => inside(stack, "haproxy", "readlink", "/config/current");
  /** What the public entry answers on the path that the good line denies. */
  const blocked = async (): Promise<number> => (await ask(stack.entryUrl, "/api/blocked")).status;

  it("refuses lines that HAProxy does not accept, in its own words, at each `up` again", async () => {
    const [before, current] = [await identities(stack), await release()];
    stack.set({ haproxyExtra: "this is not haproxy" });
    for (const time of ["first", "second"]) {
      const { code, output } = await stack.run("up");
      expect(code, time).not.to.equal(0);
      expect(output, time).to.contain("unknown keyword 'this'");
      expect(output, time).to.contain("haproxy-config").and.to.contain("keeps its old ones");
      expect(output, time).not.to.match(stackTrace);
      expect(await identities(stack), time).to.deep.equal(before);
      expect(await release(), time).to.equal(current);
      expect((await pay(stack.entryUrl, `config-${time}`)).status, time).to.equal(201);
    }
  });

  it("takes good lines up without replacing HAProxy, and nobody notices", async () => {
    const [before, current] = [await identities(stack), await release()];
    expect(await blocked()).to.equal(404);
    stack.set({ haproxyExtra: "http-request deny if { path /api/blocked }" });
    await underLoad(stack, 200, () => stack.up());
    expect(await blocked()).to.equal(403);
    expect(await identities(stack)).to.deep.equal(before);
    expect(await release()).not.to.equal(current);
  });

  it("goes back to no extra lines just as well", async () => {
    const before = await identities(stack);
    stack.set({ haproxyExtra: undefined });
    await underLoad(stack, 200, () => stack.up());
    expect(await blocked()).to.equal(404);
    expect(await identities(stack)).to.deep.equal(before);
  });

  it("names every wrong setting with its value and what is allowed, and touches nothing", async () => {
    const before = await identities(stack);
    stack.set({ replicas: 0, logLevel: "loud", protectdata: true, nonsense: "x" });
    for (const command of ["up", "preview"]) {
      const { code, output } = await stack.run(command);
      expect(code, command).not.to.equal(0);
      expect(output).to.contain('medassist:replicas is "0": allowed is a whole number from 1 to 50');
      expect(output).to.contain('medassist:logLevel is "loud": allowed is debug, info, warning or error');
      expect(output).to.contain("medassist:protectdata is unknown. Did you mean medassist:protectData?");
      expect(output).to.contain("medassist:nonsense is unknown. Allowed are: replicas,");
      expect(output).not.to.match(stackTrace);
      expect(output, "Pulumi was started").not.to.match(/Updating|Previewing/);
    }
    stack.set({ replicas: undefined, logLevel: undefined, protectdata: undefined, nonsense: undefined });
    expect(await identities(stack)).to.deep.equal(before);
  });

  it("says when two settings want the same port, or a certificate has no key", async () => {
    stack.set({ statsPort: stack.ports.entry, tlsCertificateFile: "/nowhere/at-all.pem" });
    const { code, output } = await stack.run("up");
    stack.set({ statsPort: stack.ports.stats, tlsCertificateFile: undefined });
    expect(code).not.to.equal(0);
    expect(output).to.contain("allowed is each port once");
    expect(output).to.contain("medassist:tlsKeyFile is empty").and.to.contain("/nowhere/at-all.pem");
    expect(output).not.to.match(stackTrace);
  });

  it("names an unknown option of a command, and what there is", async () => {
    const { code, output } = await stack.run("up", "--fast");
    expect(code).not.to.equal(0);
    expect(output).to.contain("--fast").and.to.contain("--config-file").and.to.contain("--no-refresh");
    expect(output).not.to.match(stackTrace);
  });

  describe("a port that somebody else holds", () => {
    let other: TestStack;
    before(async () => {
      other = await TestStack.create("port");
    });
    after(() => other.destroy());

    const refused = async (port: number, holder: string, setting: string): Promise<void> => {
      const { code, output } = await other.run("up");
      expect(code).not.to.equal(0);
      expect(output).to.contain(`port ${port} is held by`).and.to.contain(holder).and.to.contain(setting);
      expect(output).not.to.match(stackTrace);
      expect(await other.belongings()).to.deep.equal({ containers: [], networks: [], volumes: [] });
    };

    it("names the program", async () => {
      const server = createServer().listen(other.ports.frontend, "127.0.0.1");
      await once(server, "listening");
      try {
        await refused(other.ports.frontend, `process ${process.pid}`, "medassist:frontendPort");
      } finally {
        server.close();
      }
    });

    it("names the container of another stack", async () => {
      other.set({ entryPort: stack.ports.entry });
      await refused(stack.ports.entry, stack.container("haproxy"), "medassist:entryPort");
    });
  });
});
