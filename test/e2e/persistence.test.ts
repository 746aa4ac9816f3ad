/** What outlives `down`, what does not, and two stacks side by side. */
import { expect } from "chai";
import { identities } from "./support/engine";
import { ask, pay, paymentId } from "./support/http";
import { TestStack } from "./support/testStack";

describe("data of a stack", () => {
  let stack: TestStack;
  let payment = "";

  before("up, one payment", async () => {
    stack = await TestStack.create("keep", { protectData: true });
    await stack.up();
    payment = paymentId(await pay(stack.entryUrl, "persistence"));
  });
  after(() => stack.destroy());

  const dataVolumes = (): string[] => ["mysql-data", "redis-data"].map((name) => stack.container(name));
  const read = async (from: TestStack, id: string): Promise<number> =>
    (await ask(from.entryUrl, `/api/payment/${id}`)).status;

  it("is kept by `down`, and is there at the next `up`", async () => {
    const { output } = await stack.succeed("down");
    for (const volume of dataVolumes()) expect(output).to.contain(volume);
    const left = await stack.belongings();
    expect(left).to.deep.equal({ containers: [], networks: [], volumes: dataVolumes() });

    await stack.up();
    expect(await read(stack, payment)).to.equal(200);
    const again = await pay(stack.entryUrl, "persistence");
    expect(again.status, again.body).to.equal(200);
    expect(paymentId(again)).to.equal(payment);
  });

  it("is its own: a second stack beside it shares nothing and leaves it alone", async () => {
    const other = await TestStack.create("beside");
    try {
      const before = await identities(stack);
      await other.up();
      const theirs = await pay(other.appUrl, "persistence");
      expect(theirs.status, theirs.body).to.equal(201);
      expect(paymentId(theirs)).not.to.equal(payment);
      expect(await read(other, payment)).to.equal(404);
      expect(await read(stack, paymentId(theirs))).to.equal(404);
      for (const each of [stack, other]) {
        const { stdout } = await each.succeed("status", "--json");
        expect(JSON.parse(stdout)).to.have.length(7);
      }

      await other.succeed("down", "--data", "--yes");
      expect(await other.belongings()).to.deep.equal({ containers: [], networks: [], volumes: [] });
      expect(await identities(stack)).to.deep.equal(before);
      expect((await pay(stack.appUrl, "persistence-after")).status).to.equal(201);
    } finally {
      await other.destroy();
    }
  });

  it("is not removed by `down --data` when nobody can be asked", async () => {
    const [before, belongings] = [await identities(stack), await stack.belongings()];
    const { code, output } = await stack.run("down", "--data");
    expect(code).not.to.equal(0);
    expect(output).to.contain("--yes");
    expect(await stack.belongings()).to.deep.equal(belongings);
    expect(await identities(stack)).to.deep.equal(before);
    // The protection is still there, too.
    await stack.succeed("down");
    expect((await stack.belongings()).volumes).to.deep.equal(dataVolumes());
  });

  it("is removed by `down --data --yes`, also when nothing else is left", async () => {
    await stack.succeed("down", "--data", "--yes");
    expect(await stack.belongings()).to.deep.equal({ containers: [], networks: [], volumes: [] });
  });
});
