/** A version of the API that does not work hurts one replica, is reported at every `up`, and the good version heals it. */
import { appendFileSync } from "node:fs";
import { expect } from "chai";
import { repoRoot } from "../../scripts/setup/paths";
import { Checkout } from "./support/checkout";
import { identities } from "./support/engine";
import { watchingReplicas } from "./support/replicaWatch";
import { stackTrace, TestStack } from "./support/testStack";
import { underLoad } from "./support/underLoad";

/** Answers as the good one does, but for the health check. */
const unhealthy = `

_good = app


def app(environ, start_response):
    if environ["PATH_INFO"] != "/health":
        return _good(environ, start_response)
    print("the health check of this version is broken", flush=True)
    start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
    return [b"broken"]
`;

/** Ends before it listens. */
const crashing = `

print("this version cannot start", flush=True)
raise SystemExit(3)
`;

describe("a replica that never gets well", () => {
  const copies: Checkout[] = [];
  let stack: TestStack;
  let good: Record<string, string>;

  before("up", async () => {
    stack = await TestStack.create("bad");
    await stack.up();
    good = await identities(stack);
  });
  after(async () => {
    await stack.destroy();
    for (const copy of copies) copy.remove();
  });

  /** A checkout like this one, whose API has some more lines. */
  const checkoutWith = (lines: string): string => {
    const copy = new Checkout();
    copies.push(copy);
    appendFileSync(copy.path("apps/api/medassist_api/wsgi.py"), lines);
    return copy.folder;
  };

  const expectOnlyFirstIsHurt = async (): Promise<void> => {
    const now = await identities(stack);
    const { api: replaced, ...others } = now;
    const { api: old, ...before } = good;
    expect(replaced).not.to.equal(old);
    expect(others).to.deep.equal(before);
  };

  it("stops the roll with its name and its last lines, again and again, while the others serve", async () => {
    stack.project = checkoutWith(unhealthy);
    const twice = async () => [await stack.run("up"), await stack.run("up")];
    const { result: loaded, fewest } = await watchingReplicas(stack, () => underLoad(stack, 60, twice));
    expect(fewest, "replicas that were healthy at once").to.equal(2);
    for (const result of loaded.result) {
      expect(result.code).not.to.equal(0);
      expect(result.output).to.contain("api is not well: its health check fails");
      expect(result.output).to.contain("the health check of this version is broken");
      expect(result.output).not.to.match(stackTrace);
    }
    await expectOnlyFirstIsHurt();
    const status = await stack.run("status");
    expect(status.code).to.equal(1);
    expect(status.output).to.contain("unhealthy");
  });

  it("is reported as well when it ends at once, without waiting for it in vain", async () => {
    stack.project = checkoutWith(crashing);
    const { result } = await underLoad(stack, 100, () => stack.run("up"));
    expect(result.code).not.to.equal(0);
    expect(result.output).to.match(/api is not well: it ended/);
    expect(result.output).to.contain("this version cannot start");
    expect(result.output).not.to.match(stackTrace);
    await expectOnlyFirstIsHurt();
  });

  it("is healed by the good version", async () => {
    stack.project = repoRoot;
    await underLoad(stack, 100, () => stack.up());
    await stack.succeed("status");
  });
});
