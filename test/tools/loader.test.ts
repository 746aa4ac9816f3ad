/** The loader of configuration files (components/platform/docker/loader.sh) with HAProxy's files, image and volumes. */
import { expect } from "chai";
import { docker, type Result, tryDocker, until } from "../images/support";
import { type Files, type Program, toolBench } from "./support";

const config = "haproxy-config-loader";
const secrets = "haproxy-secrets-loader";

describe("the loader of configuration", () => {
  const { program, cleanUp } = toolBench(["haproxy"]);
  let made: Program;

  /** The declared file, in which `line` is added to the public frontend. */
  const withLine = (line: string): Files => {
    const text = made.files(config)["haproxy.cfg"] ?? "";
    return { "haproxy.cfg": text.replace("  bind :8081\n", `  bind :8081\n  ${line}\n`) };
  };
  /** A release that can be told from another one: what it answers to /health is its name. */
  const answering = (release: string) => ({
    release,
    files: withLine(`http-request return status 200 content-type text/plain string ${release} if { path /health }`),
  });
  const expectLoaded = ({ status, stdout, output }: Result, release: string): void => {
    expect(status, output).to.equal(0);
    expect(stdout).to.equal(`loaded release ${release}`);
  };
  const look = (line: string): string => {
    const result = made.look("haproxy", line);
    expect(result.status, result.output).to.equal(0);
    return result.stdout;
  };
  const current = (): string => look("readlink /config/current");
  const releases = (): string[] => look("ls -A /config/releases").split("\n");
  const start = async (): Promise<void> => {
    made.start("haproxy");
    await until("HAProxy answers", () => made.isWell("haproxy"), 30);
  };
  const answer = (): string =>
    tryDocker([
      "exec",
      made.container("haproxy"),
      ...["wget", "-q", "-T", "3", "-O", "-", "http://127.0.0.1:8081/health"],
    ]).output;
  const expectAnswer = (text: string): Promise<void> =>
    until(`HAProxy answers with "${text}"`, () => answer() === text, 30);

  beforeEach(async () => {
    made = await program();
    expect(made.load(secrets).status).to.equal(0);
    expectLoaded(made.load(config, answering("one")), "one");
  });
  afterEach(cleanUp);

  it("writes files that the service's user alone owns: 0444, and 0400 for secrets", () => {
    expect(current()).to.equal("releases/one");
    const modes = "stat -L -c '%n %a %u:%g' /config/current /config/current/* /secrets/current /secrets/current/*";
    expect(look(modes).split("\n")).to.deep.equal([
      "/config/current 555 99:99",
      "/config/current/haproxy.cfg 444 99:99",
      "/secrets/current 555 99:99",
      "/secrets/current/users.cfg 400 99:99",
    ]);
  });

  it("leaves nothing in the staging folder", () => {
    for (const loader of [config, secrets]) {
      const copied = tryDocker(["cp", `${made.container(loader)}:/staging`, "-"]);
      expect(copied.status).to.equal(1);
      expect(copied.output).to.match(/could not find|no such/i);
    }
  });

  it("prints no secret, whether it loads or refuses", () => {
    const text = made.files(secrets)["users.cfg"] ?? "";
    const secret = /insecure-password (\S+)/.exec(text)?.[1] ?? expect.fail("no password in users.cfg");
    const loaded = made.load(secrets);
    const refused = made.load(secrets, { check: ["haproxy", "-c", "-f", "users.cfg"], release: "refused" });
    expect([loaded.status, refused.status], refused.output).to.deep.equal([0, 1]);
    const seen = `${loaded.output}${refused.output}${docker(["inspect", made.container(secrets)])}`;
    expect(seen).not.to.include(secret);
  });

  it("takes the same release again", () => {
    expectLoaded(made.load(config, answering("one")), "one");
    expect([current(), releases()]).to.deep.equal(["releases/one", ["one"]]);
  });

  it("refuses a wrong release with the tool's message, and leaves what is there untouched", () => {
    const before = look("cat /config/current/haproxy.cfg");
    const refused = made.load(config, { release: "wrong", files: withLine("no-such-keyword") });
    expect(refused.status).to.equal(1);
    expect(refused.output).to.match(/parsing \[haproxy\.cfg:\d+\].*unknown keyword 'no-such-keyword'/);
    expect(refused.output).not.to.include("loaded");
    expect([current(), releases()]).to.deep.equal(["releases/one", ["one"]]);
    expect(look("cat /config/current/haproxy.cfg")).to.equal(before);
  });

  it("refuses the release in use when its check fails now, and leaves it untouched", () => {
    expect(made.load(config, { ...answering("one"), check: ["false"] }).status).to.equal(1);
    expect([current(), releases()]).to.deep.equal(["releases/one", ["one"]]);
    expect(look("cat /config/current/haproxy.cfg")).to.include("string one");
  });

  it("keeps the release before the one in use when that is loaded again", () => {
    for (const release of ["two", "two"]) expectLoaded(made.load(config, answering(release)), release);
    expect([current(), releases()]).to.deep.equal(["releases/two", ["one", "two"]]);
  });

  it("keeps the last two releases and no more", () => {
    for (const release of ["two", "three", "four"]) expectLoaded(made.load(config, answering(release)), release);
    expect([current(), releases()]).to.deep.equal(["releases/four", ["four", "three"]]);
  });

  it("is done over after it was killed half-way", () => {
    const killed = made.load(config, {
      ...answering("two"),
      check: ["sh", "-c", "ln -sfn nowhere /config/.next; kill -9 -1"],
    });
    expect(killed.status).to.be.above(100);
    expect(current()).to.equal("releases/one");
    expectLoaded(made.load(config, answering("two")), "two");
    expect([current(), releases()]).to.deep.equal(["releases/two", ["one", "two"]]);
  });

  it("makes the running service take the new files, without a restart", async () => {
    await start();
    expect(answer()).to.equal("one");
    const startedAt = (): string => docker(["inspect", "-f", "{{.State.StartedAt}}", made.container("haproxy")]);
    const before = startedAt();
    const loaded = made.load(config, answering("two"));
    expect(loaded.status, loaded.output).to.equal(0);
    await expectAnswer("two");
    expect(startedAt()).to.equal(before);
  });

  it("goes back when the running service refuses what its own check accepted, and the next good one is taken", async () => {
    await start();
    // An address that this host does not have: only binding to it fails.
    const refused = made.load(config, { release: "unbindable", files: withLine("bind 203.0.113.1:8099") });
    expect(refused.status).to.equal(2);
    expect(refused.output).to.include("the running service refused the new files and keeps the old ones");
    expect([current(), releases()]).to.deep.equal(["releases/one", ["one"]]);
    expect(answer()).to.equal("one");
    const loaded = made.load(config, answering("two"));
    expect(loaded.status, loaded.output).to.equal(0);
    await expectAnswer("two");
  });

  it("is not held up by the socket that a killed service left behind", async () => {
    await start();
    docker(["kill", made.container("haproxy")]);
    expectLoaded(made.load(config, answering("two")), "two");
    await start();
    expect(answer()).to.equal("two");
  });
});
