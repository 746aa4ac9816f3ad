/** Whatever happened to the last `up` or to the containers, the next plain `up` mends it. */
import { expect } from "chai";
import { run } from "../../scripts/setup/run";
import { identities, removeByHand, servicesOf } from "./support/engine";
import { ask, pay, paymentId, until } from "./support/http";
import { stackTrace, TestStack } from "./support/testStack";

describe("recovery by a plain up", () => {
  let stack: TestStack;

  before(async () => {
    stack = await TestStack.create("recover");
  });
  after(() => stack.destroy());

  const expectToServe = async (key: string): Promise<void> => {
    const paid = await pay(stack.appUrl, `recovery-${key}`);
    expect(paid.status, paid.body).to.equal(201);
    expect((await ask(stack.entryUrl, `/api/payment/${paymentId(paid)}`)).status).to.equal(200);
    await stack.succeed("status");
  };
  /** Kills an `up` with everything it started as soon as the condition holds. */
  const killUpWhen = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const up = stack.start("up");
    let ended = false;
    void up.done.then(() => {
      ended = true;
    });
    try {
      await until(what, async () => ended || (await holds()), 180);
    } finally {
      await stack.kill();
    }
    const { output } = await up.done;
    expect(output, "the `up` ended before it could be killed").not.to.contain("is ready:");
  };

  it("of an up that was killed when some containers existed and others not", async () => {
    await killUpWhen("the database's container is there", async () => (await servicesOf(stack)).has("mysql"));
    expect((await servicesOf(stack)).has("api3"), "all replicas were there too: killed too late").to.equal(false);

    const { output } = await stack.up();
    expect(output).to.match(/The last command on e2e-recover\S+ \(process \d+, .+\) was killed: releasing its lock/);
    await expectToServe("killed-first");
    expect((await stack.up()).output).not.to.contain("was killed");
  });

  it("of an up that was killed in the middle of a rolling update", async () => {
    const before = await identities(stack);
    stack.set({ logLevel: "error" });
    await killUpWhen("the first replica was replaced", async () => {
      const now = (await identities(stack)).api;
      return now !== undefined && now !== before.api;
    });
    expect((await pay(stack.appUrl, "recovery-meanwhile")).status, "the others serve").to.equal(201);

    const { output } = await stack.up();
    expect(output).to.contain("was killed");
    await expectToServe("killed-rolling");
    const after = await identities(stack);
    for (const replica of ["api", "api2", "api3"]) expect(after[replica], replica).not.to.equal(before[replica]);
    for (const other of ["mysql", "haproxy", "frontend"]) expect(after[other], other).to.equal(before[other]);
  });

  it("of containers that were removed by hand", async () => {
    const before = await identities(stack);
    for (const gone of ["api2", "haproxy", "mysql"]) await removeByHand(stack.container(gone));
    await stack.up();
    await expectToServe("removed");
    const after = await identities(stack);
    for (const gone of ["api2", "haproxy", "mysql"]) expect(after[gone], gone).not.to.equal(before[gone]);
    for (const other of ["api", "api3", "redis", "frontend"]) expect(after[other], other).to.equal(before[other]);
  });

  it("of containers that were stopped by hand", async () => {
    const stopped = ["api3", "redis", "frontend"];
    await run("docker", ["stop", ...stopped.map((name) => stack.container(name))]);
    expect((await stack.run("status")).code).to.equal(1);
    await stack.up();
    await expectToServe("stopped");
  });

  it("but not while another up of the same stack is at work: that is said, and it goes on", async () => {
    stack.set({ logLevel: "warning" });
    const first = stack.start("up");
    await until("the first up is at work", () => /updating|medassist: /i.test(first.output()), 120);
    for (const command of ["up", "down"]) {
      const { code, output } = await stack.run(command);
      expect(code, command).not.to.equal(0);
      expect(output, command).to.match(/process \d+ is working on the stack e2e-recover/);
      expect(output, command).not.to.match(stackTrace);
    }
    const { code, output } = await first.done;
    expect(code, output).to.equal(0);
    await expectToServe("concurrent");
  });
});
