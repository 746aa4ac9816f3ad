/** From nothing to a platform that takes payments, and back to nothing. */
import { expect } from "chai";
import { containersOf, identities, inside } from "./support/engine";
import { ask, order, pay, paymentId } from "./support/http";
import { TestStack } from "./support/testStack";

describe("a stack from nothing to nothing", () => {
  let stack: TestStack;
  let upOutput = "";

  before("up", async () => {
    stack = await TestStack.create("life");
    upOutput = (await stack.up()).output;
  });
  after(() => stack.destroy());

  it("says where it is and how to log in, and prints no password", async () => {
    expect(upOutput).to.contain(stack.appUrl).and.to.contain(stack.entryUrl);
    const password = (await stack.succeed("output", "statsPassword")).stdout.trim();
    expect(password).to.match(/^[A-Za-z0-9]{32}$/);
    expect(upOutput).not.to.contain(password);
  });

  it("shows the patients' page, which may run nothing but its own scripts", async () => {
    const page = await ask(stack.appUrl, "/");
    expect(page.status).to.equal(200);
    expect(page.headers["content-type"]).to.match(/^text\/html/);
    expect(page.headers["content-security-policy"])
      .to.contain("script-src 'self'")
      .and.to.contain("frame-ancestors 'none'");
    expect(page.body).to.match(/<script[^>]+src=/);
  });

  for (const way of ["entryUrl", "appUrl"] as const) {
    it(`takes a payment once by ${way}, and reads it back`, async () => {
      const key = `lifecycle-${way}`;
      const first = await pay(stack[way], key);
      expect(first.status, first.body).to.equal(201);
      const again = await pay(stack[way], key);
      expect(again.status, again.body).to.equal(200);
      expect(paymentId(again)).to.equal(paymentId(first));
      expect(await stack.sql(`SELECT COUNT(*) FROM medassist.payment WHERE idempotency_key = '${key}'`)).to.equal("1");

      const read = await ask(stack[way], `/api/payment/${paymentId(first)}`);
      expect(read.status).to.equal(200);
      expect(JSON.parse(read.body)).to.include({ id: paymentId(first), ...order });
    });
  }

  it("refuses the same key for another payment", async () => {
    await pay(stack.entryUrl, "lifecycle-other");
    expect((await pay(stack.entryUrl, "lifecycle-other", { ...order, amount: 1 })).status).to.equal(422);
  });

  for (const path of [
    "/metrics",
    "//metrics",
    "/%6detrics",
    "/%6d%65trics",
    "/./metrics",
    "/api/../metrics",
    "/api/%2e%2e/metrics",
    "/api//../metrics",
    "/api/..%2fmetrics",
    "/api/%2e%2e%2fmetrics",
    "/metrics?x=/api/",
    "/metrics/",
    "/METRICS",
    "/api/metrics",
    "/metrics;/api/",
  ]) {
    it(`shows no metrics to the public at ${path}`, async () => {
      for (const base of [stack.entryUrl, stack.appUrl]) {
        const answer = await ask(base, path);
        expect(answer.status, base).to.be.oneOf([400, 403, 404]);
        expect(answer.body, base).not.to.contain("medassist_api").and.not.to.contain("# HELP");
      }
    });
  }

  it("asks for a login on the statistics page, and opens with the password of the outputs", async () => {
    const statsUrl = `http://127.0.0.1:${stack.ports.stats}`;
    const login = (password: string) => ({
      headers: { authorization: `Basic ${Buffer.from(`admin:${password}`).toString("base64")}` },
    });
    expect((await ask(statsUrl, "/stats")).status).to.equal(401);
    expect((await ask(statsUrl, "/stats", login("wrong"))).status).to.equal(401);
    const password = (await stack.succeed("output", "statsPassword")).stdout.trim();
    const page = await ask(statsUrl, "/stats", login(password));
    expect(page.status).to.equal(200);
    for (const replica of ["api", "api2", "api3"]) expect(page.body).to.contain(`>${replica}<`);
  });

  it("keeps the statistics, the database and the cache away from other machines", async () => {
    const published = new Map<string, string>();
    const services = [...(await containersOf(stack)).values()];
    for (const c of services) {
      for (const [port, on] of Object.entries(c.HostConfig.PortBindings ?? {})) {
        published.set(port, on.map((b) => `${b.HostIp}:${b.HostPort}`).join());
      }
    }
    expect(Object.fromEntries(published)).to.deep.equal({
      "8080/tcp": `127.0.0.1:${stack.ports.frontend}`,
      "8081/tcp": `127.0.0.1:${stack.ports.entry}`,
      "8404/tcp": `127.0.0.1:${stack.ports.stats}`,
    });
  });

  it("reports every service as healthy, with its memory", async () => {
    const { stdout } = await stack.succeed("status", "--json");
    const services = JSON.parse(stdout) as {
      service: string;
      state: string;
      health: string;
      memory: { used: number; limit: number };
    }[];
    expect(services.map((s) => s.service)).to.have.members([
      "api",
      "api2",
      "api3",
      "frontend",
      "haproxy",
      "mysql",
      "redis",
    ]);
    for (const s of services) {
      expect(s, s.service).to.include({ state: "running", health: "healthy" });
      expect(s.memory.limit, s.service).to.be.greaterThan(0);
      expect(s.memory.used, s.service).to.be.within(0.1, s.memory.limit);
    }
    expect((await stack.succeed("status")).stdout)
      .to.contain("haproxy")
      .and.to.contain("healthy");
  });

  it("writes one release of files, and the running services are on it", async () => {
    const current = (await inside(stack, "haproxy", "readlink", "/config/current")).trim();
    expect(current).to.match(/^releases\/[0-9a-f]{16}$/);
    expect((await inside(stack, "haproxy", "ls", "/config/releases")).trim()).to.equal(current.replace(/.*\//, ""));
  });

  it("changes nothing at a second up, nor announces anything in a preview", async () => {
    const before = await identities(stack);
    const again = await stack.up();
    const preview = await stack.succeed("preview");
    for (const { output } of [again, preview]) {
      expect(output).to.match(/\d+ unchanged/);
      expect(output).not.to.match(
        /\d+ (?:to )?(?:create|update|replace|delete)|\d+ (?:created|updated|replaced|deleted)/,
      );
    }
    expect(await identities(stack)).to.deep.equal(before);
  });

  it("leaves nothing when it is taken down", async () => {
    await stack.succeed("down");
    expect(await stack.belongings()).to.deep.equal({ containers: [], networks: [], volumes: [] });
    const status = await stack.run("status");
    expect(status.code).to.equal(1);
    expect(status.output).to.contain("npm run up");
  });
});
