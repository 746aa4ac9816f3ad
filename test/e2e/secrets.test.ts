/** Who can read the stack's secrets, what the logs tell, and how every password is replaced. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { run, tryRun } from "../../scripts/setup/run";
import { containersOf, inside, logsOf, servicesOf } from "./support/engine";
import { ask, order, pay, paymentId } from "./support/http";
import { TestStack } from "./support/testStack";

/** User that each service runs as, and that owns its secrets. */
const users: Readonly<Record<string, number>> = {
  api: 10001,
  api2: 10001,
  api3: 10001,
  frontend: 101,
  haproxy: 99,
  mysql: 999,
  redis: 999,
};

describe("secrets of a stack", () => {
  let stack: TestStack;
  let payment = "";
  let upOutput = "";
  const patient = "p-seen-by-nobody";
  const consultation = "c-seen-by-nobody";

  before("up, and a few payments", async () => {
    stack = await TestStack.create("secret");
    stack.set({ logLevel: "debug" });
    upOutput = (await stack.up()).output;
    for (const base of [stack.entryUrl, stack.appUrl]) {
      payment = paymentId(await pay(base, `secret-${base}`, { ...order, patient, consultation }));
      await ask(base, `/api/payment/${payment}`);
      // What a confused client may send: none of it belongs into a log.
      await ask(base, `/api/payment/${patient}?patient=${patient}`);
      await ask(base, `/api/payment?patient=${patient}`);
      await pay(base, "secret-bad-field", { ...order, patient, consultation, amount: patient });
      await pay(base, "secret-unknown-field", { ...order, patient, consultation, [patient]: consultation });
      await ask(base, "/api/payment", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: `{"patient":"${patient}"`,
      });
    }
  });
  after(() => stack.destroy());

  it("are in no description, history or log of a container, nor in what `up` prints, nor in the state on disk", async () => {
    const secrets = await readSecrets(stack);
    expect(Object.keys(secrets).length).to.be.greaterThan(8);
    const places = new Map<string, string>([["what `up` printed", upOutput]]);
    for (const [name, c] of await containersOf(stack)) {
      places.set(`inspect ${name}`, (await run("docker", ["inspect", c.Id])).stdout);
      places.set(`logs ${name}`, await logsOf(c.Id));
      places.set(`image ${name}`, (await run("docker", ["image", "inspect", c.Image])).stdout);
      places.set(`history ${name}`, (await run("docker", ["history", "--no-trunc", c.Image])).stdout);
    }
    for (const file of filesBelow(join(stack.home, "state"))) places.set(file, readFileSync(file, "utf8"));
    const leaks = [...places].flatMap(([place, text]) =>
      Object.entries(secrets)
        .filter(([, secret]) => text.includes(secret))
        .map(([name]) => `${name} in ${place}`),
    );
    expect(leaks).to.deep.equal([]);
    expect(places.size).to.be.greaterThan(50);
  });

  it("are files that only their service's own user may read", async () => {
    for (const service of ["mysql", "redis", "haproxy", "api", "api2", "api3"]) {
      const files = (await inside(stack, service, "sh", "-c", "stat -c '%a %u' /secrets/current/*")).trim().split("\n");
      expect(new Set(files), service).to.deep.equal(new Set([`400 ${users[service]}`]));
    }
  });

  it("no service runs as root, nor may it become root", async () => {
    const services = await servicesOf(stack);
    expect([...services.keys()]).to.have.members(Object.keys(users));
    for (const name of services.keys()) {
      const programs = await inside(stack, name, "sh", "-c", "cat /proc/[0-9]*/status");
      const uids = [...programs.matchAll(/^Uid:\s+(\d+)\s+(\d+)/gm)].flatMap((m) => [m[1], m[2]]);
      expect(new Set(uids), name).to.deep.equal(new Set([String(users[name])]));
      expect(programs, name).not.to.match(/^Cap(?:Eff|Bnd):\s+0*[1-9a-f]/m);
      expect(new Set([...programs.matchAll(/^NoNewPrivs:\s+(\d)/gm)].map((m) => m[1])), name).to.deep.equal(
        new Set(["1"]),
      );
    }
  });

  it("logs name no patient, no consultation and no payment", async () => {
    for (const [name, c] of await containersOf(stack)) {
      const log = await logsOf(c.Id);
      for (const word of [patient, consultation, payment]) expect(log, name).not.to.contain(word);
    }
    expect(await logsOf(stack.container("haproxy"))).to.contain("/api/payment/:id");
    expect(await logsOf(stack.container("frontend"))).to.contain("/api/payment/:id");
  });

  it("are all replaced when the epoch is raised, on the data that is there", async () => {
    const old = await readSecrets(stack);
    stack.set({ secretsEpoch: 2 });
    await stack.up();
    const renewed = await readSecrets(stack);
    expect(renewed).to.have.all.keys(Object.keys(old));
    for (const [name, secret] of Object.entries(renewed)) expect(secret, name).not.to.equal(old[name]);

    expect((await ask(stack.entryUrl, `/api/payment/${payment}`)).status).to.equal(200);
    expect((await pay(stack.appUrl, "secret-after")).status).to.equal(201);
    expect((await stack.succeed("output", "mysqlRootPassword")).stdout.trim()).to.equal(renewed["mysql root"]);

    expect(await loginAs(stack, "medassist_app", old["api mysql"])).to.contain("Access denied");
    expect(await loginAs(stack, "medassist_app", renewed["api mysql"])).to.equal("");
    expect(await loginAs(stack, "root", old["mysql root"])).to.contain("Access denied");
    expect(await loginAs(stack, "root", renewed["mysql root"])).to.equal("");
    const stats = (password = "") => ({
      headers: { authorization: `Basic ${Buffer.from(`admin:${password}`).toString("base64")}` },
    });
    const statsUrl = `http://127.0.0.1:${stack.ports.stats}`;
    expect((await ask(statsUrl, "/stats", stats(old["haproxy admin"]))).status).to.equal(401);
    expect((await ask(statsUrl, "/stats", stats(renewed["haproxy admin"]))).status).to.equal(200);
  });
});

/** Every secret of a stack by name, read where the services read them. */
async function readSecrets(stack: TestStack): Promise<Record<string, string>> {
  const read = (service: string, file: string) => inside(stack, service, "cat", `/secrets/current/${file}`);
  const found: Record<string, string> = { "mysql root": (await read("mysql", "root-password")).trim() };
  for (const [, user, password] of (await read("mysql", "accounts.sql")).matchAll(
    /ALTER USER '(\w+)'@\S+ IDENTIFIED BY '([^']+)'/g,
  )) {
    if (user && password) found[`mysql account ${user}`] = password;
  }
  for (const [, user, digest] of (await read("redis", "users.acl")).matchAll(/user (\w+) on #([0-9a-f]{64})/g)) {
    if (user && digest) found[`redis digest ${user}`] = digest;
  }
  for (const [, user, password] of (await read("haproxy", "users.cfg")).matchAll(
    /user (\w+) insecure-password (\S+)/g,
  )) {
    if (user && password) found[`haproxy ${user}`] = password;
  }
  for (const file of ["mysql", "redis", "webhook"]) found[`api ${file}`] = (await read("api", file)).trim();
  for (const [name, secret] of Object.entries(found)) expect(secret, name).to.have.length.greaterThan(30);
  return found;
}

/** Logs in to the database from inside its container. @returns the server's complaint; empty if it let us in */
async function loginAs(stack: TestStack, user: string, password = ""): Promise<string> {
  const client = ["mysql", ...(user === "root" ? [] : ["-h127.0.0.1"]), `-u${user}`, "-e", "SELECT 1"];
  const args = ["exec", "-e", `MYSQL_PWD=${password}`, stack.container("mysql"), ...client];
  return (await tryRun("docker", args)).stderr.trim();
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
