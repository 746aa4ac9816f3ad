/** Replicas come and go under load, and no patient notices. */
import { expect } from "chai";
import { run } from "../../scripts/setup/run";
import { type Container, crash, identities, inside, removeByHand, replicaNames, servicesOf } from "./support/engine";
import { until } from "./support/http";
import { watchingReplicas } from "./support/replicaWatch";
import { TestStack } from "./support/testStack";
import { underLoad } from "./support/underLoad";

describe("changes of the replicas under load", () => {
  let stack: TestStack;

  before("up", async () => {
    stack = await TestStack.create("roll");
    await stack.up();
  });
  after(() => stack.destroy());

  const service = async (name: string): Promise<Container> => {
    const found = (await servicesOf(stack)).get(name);
    if (!found) throw new Error(`no container of the service ${name}`);
    return found;
  };
  const addresses = (c: Container): string[] => Object.values(c.NetworkSettings.Networks).map((n) => n.IPAddress);

  it("replaces all replicas one at a time when a setting of theirs changes", async () => {
    const before = await identities(stack);
    stack.set({ logLevel: "warning" });
    const { ended, fewest } = await watchingReplicas(stack, () => underLoad(stack, 100, () => stack.up()));
    expect(ended.toSorted()).to.deep.equal(["api", "api2", "api3"]);
    expect(fewest, "replicas that were healthy at once").to.equal(2);
    const after = await identities(stack);
    for (const name of Object.keys(before)) {
      if (replicaNames([name]).length > 0) expect(after[name], name).not.to.equal(before[name]);
      else expect(after[name], name).to.equal(before[name]);
    }
    expect(await inside(stack, "api2", "printenv", "LOG_LEVEL")).to.equal("warning\n");
  });

  it("loses nothing when replicas are killed, one after the other", async () => {
    await underLoad(stack, 100, async () => {
      for (const name of ["api", "api2", "api3"]) {
        const victim = await service(name);
        await crash(victim);
        await until(`${name} runs again and is healthy`, async () => {
          const [services, now] = [JSON.parse((await stack.run("status", "--json")).stdout), await service(name)];
          const status = (services as { service: string; health: string }[]).find((s) => s.service === name);
          return now.State.StartedAt !== victim.State.StartedAt && status?.health === "healthy";
        });
      }
    });
  });

  it("loses nothing when replicas are removed by hand and come back with other addresses", async () => {
    const old = await service("api2");
    const occupant = `${stack.name}-occupant`;
    try {
      await underLoad(stack, 100, async () => {
        await removeByHand(old.Name.slice(1));
        // Whoever comes next may get the address that is free now: this one takes it, and api2 gets another.
        const [first = "", ...others] = Object.keys(old.NetworkSettings.Networks);
        await run("docker", ["run", "-d", "--name", occupant, "--network", first, old.Image, "sleep", "600"]);
        for (const network of others) await run("docker", ["network", "connect", network, occupant]);
        await stack.up();
      });
      const renewed = await service("api2");
      expect(renewed.Id).not.to.equal(old.Id);
      expect(addresses(renewed)).not.to.have.any.members(addresses(old));
      const before = await paymentsOf("api2");
      await underLoad(stack, 200, () => until("api2 serves again", async () => (await paymentsOf("api2")) > before));
    } finally {
      await removeByHand(occupant);
    }
  });

  it("goes from 3 replicas to 5 and back to 3 without a restart of HAProxy", async () => {
    const before = await identities(stack);
    stack.set({ replicas: 5 });
    await underLoad(stack, 100, () => stack.up());
    expect(replicaNames((await servicesOf(stack)).keys())).to.deep.equal(["api", "api2", "api3", "api4", "api5"]);
    await underLoad(stack, 200, () =>
      until("the new replicas serve", async () => (await paymentsOf("api4")) > 0 && (await paymentsOf("api5")) > 0),
    );

    stack.set({ replicas: 3 });
    await underLoad(stack, 100, () => stack.up());
    const after = await identities(stack);
    expect(after).to.have.all.keys(Object.keys(before));
    expect(after.haproxy).to.equal(before.haproxy);
    expect(after.frontend).to.equal(before.frontend);
  });

  /** Payments that a replica has made, by its own counter. */
  async function paymentsOf(replica: string): Promise<number> {
    const program = `import urllib.request as u;print(u.urlopen("http://127.0.0.1:5000/metrics").read().decode())`;
    const text = await inside(stack, replica, "python", "-c", program);
    const line = /^medassist_payments?_total\{[^}]*created[^}]*\} ([\d.e+]+)$/m.exec(text);
    if (!line) throw new Error(`no counter of payments in:\n${text.slice(0, 3000)}`);
    return Number(line[1]);
  }
});
