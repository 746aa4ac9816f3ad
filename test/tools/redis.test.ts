/** Redis takes our command and our users, and the users can do exactly what they are granted. */
import { expect } from "chai";
import { cachePrefix, type RedisAccountName, redisAccounts, redisHealthUser, renderUsers } from "../../configs/redis";
import { docker, tryDocker, until } from "../images/support";
import { type Program, toolBench } from "./support";

const passwords: Readonly<Record<RedisAccountName, string>> = { app: "appPassword1", metrics: "metricsPassword1" };
const key = `${cachePrefix}1`;

describe("Redis", () => {
  const { program } = toolBench(["redis"]);
  let made: Program;

  const start = (): Promise<void> => {
    made.start("redis");
    return until("the health check succeeds", () => made.isWell("redis"), 30);
  };
  const cli = (env: readonly string[], login: readonly string[], command: readonly string[]): string =>
    docker(["exec", ...env, made.container("redis"), "redis-cli", "--no-auth-warning", ...login, ...command]);
  const as = (account: RedisAccountName, ...command: string[]): string =>
    cli(["-e", `REDISCLI_AUTH=${passwords[account]}`], ["--user", redisAccounts[account].user], command);

  before(async () => {
    made = await program({ redisMemory: "32" });
    const files = { "users.acl": renderUsers(passwords) };
    expect(made.files("redis-secrets-loader")).to.have.all.keys(Object.keys(files));
    const loaded = made.load("redis-secrets-loader", { files });
    expect(loaded.status, loaded.output).to.equal(0);
    await start();
  });

  it("refuses the default user, an unknown one and a wrong password", () => {
    expect(cli([], [], ["PING"])).to.match(/^NOAUTH/);
    expect(cli(["-e", "REDISCLI_AUTH="], ["--user", "default", "--pass", "x"], ["PING"])).to.match(/WRONGPASS|NOAUTH/);
    const wrong = ["--user", redisAccounts.app.user, "--pass", "wrong"];
    expect(cli([], wrong, ["GET", key])).to.match(/WRONGPASS|NOAUTH/);
  });

  it("lets the application read, write and delete its own keys only", () => {
    expect(as("app", "SET", key, "v", "EX", "300")).to.equal("OK");
    expect(as("app", "GET", key)).to.equal("v");
    expect(as("app", "DEL", key)).to.equal("1");
    for (const command of [
      ["GET", "other:1"],
      ["SET", "other:1", "v"],
    ])
      expect(as("app", ...command), command.join(" ")).to.match(/^NOPERM No permissions to access a key/);
    for (const command of [
      ["KEYS", "*"],
      ["FLUSHALL"],
      ["CONFIG", "GET", "*"],
      ["ACL", "LIST"],
      ["SCAN", "0"],
      ["INFO"],
      ["SHUTDOWN"],
      ["EVAL", "return 1", "0"],
      ["PUBLISH", "c", "m"],
      ["CLIENT", "LIST"],
    ])
      expect(as("app", ...command), command.join(" ")).to.match(/^NOPERM/);
  });

  it("lets the health check say PING and nothing else", () => {
    const health = (...command: string[]): string => cli([], ["--user", redisHealthUser, "--pass", ""], command);
    expect(health("PING")).to.equal("PONG");
    for (const command of [["GET", key], ["INFO"], ["ACL", "WHOAMI"]]) expect(health(...command)).to.match(/^NOPERM/);
  });

  it("lets the metrics exporter ask how the server is, and see no payment", () => {
    expect(as("metrics", "INFO")).to.match(/redis_version:/);
    expect(as("metrics", "DBSIZE")).to.match(/^\d+$/);
    for (const command of [
      ["GET", key],
      ["SET", key, "v"],
      ["CONFIG", "SET", "maxmemory", "1"],
      ["KEYS", "*"],
    ])
      expect(as("metrics", ...command), command.join(" ")).to.match(/^NOPERM/);
  });

  it("runs with the options of configs/redis.ts", () => {
    const option = (name: string): string => as("metrics", "CONFIG", "GET", name).split("\n")[1] ?? "";
    expect(["appendonly", "appendfsync", "maxmemory", "maxmemory-policy", "save", "dir"].map(option)).to.deep.equal([
      ...["yes", "everysec", String(16 * 2 ** 20), "allkeys-lru", "", "/data"],
    ]);
  });

  it("keeps what was written when its container is replaced", async () => {
    expect(as("app", "SET", key, "kept")).to.equal("OK");
    docker(["stop", "-t", "20", made.container("redis")]);
    expect(docker(["inspect", "-f", "{{.State.ExitCode}}", made.container("redis")])).to.equal("0");
    await start();
    expect(as("app", "GET", key)).to.equal("kept");
  });

  it("makes room instead of refusing when its memory is full", () => {
    const login = `redis-cli --no-auth-warning --user ${redisAccounts.app.user}`;
    const fill = `i=0; while [ $i -lt 24 ]; do head -c 1048576 /dev/zero | ${login} -x SET ${cachePrefix}$i; i=$((i+1)); done`;
    const auth = ["-e", `REDISCLI_AUTH=${passwords.app}`];
    const answers = tryDocker(["exec", ...auth, made.container("redis"), "sh", "-c", fill]).output.split("\n");
    expect(answers).to.deep.equal(Array(24).fill("OK"));
    expect(Number(as("metrics", "DBSIZE"))).to.be.within(1, 16);
    expect(as("metrics", "INFO", "stats")).to.match(/evicted_keys:[1-9]/);
  });
});
