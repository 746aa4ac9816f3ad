/**
 * The API's own tests (apps/api/tests, pytest) in a container such as the platform makes, against the real MySQL (or
 * its stand-in) with the options of configs/mysql.ts and the real Redis with the users of configs/redis.ts. One test
 * here for each file there.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { planImage } from "../../components/platform/docker/imagePlan";
import { readImageSource } from "../../configs/imageSource";
import { mysqlFlags } from "../../configs/mysql";
import { ports } from "../../configs/ports";
import { cachePrefix, redisAccounts, redisCommand, renderUsers } from "../../configs/redis";
import { sqlDialect } from "../../configs/sqlDialect";
import { MiB } from "../../configs/units";
import { buildImage } from "../../scripts/setup/images";
import { repoRoot } from "../../scripts/setup/paths";
import { tryRun } from "../../scripts/setup/run";
import { docker, hardening, preparationLimit, readyImages, tryDocker, until } from "../images/support";

const files = readdirSync(join(repoRoot, "apps/api/tests"), { recursive: true, encoding: "utf8" })
  .filter((path) => /(^|\/)test_\w+\.py$/.test(path))
  .sort();

/** One test of pytest. */
interface Case {
  readonly name: string;
  /** Undefined if it passed. */
  readonly problem: string | undefined;
}

describe("the API's own tests", function () {
  this.timeout(900_000);
  const prefix = `apitest-${process.pid}`;
  const image = `medassist/api-test:${process.pid}`;
  const source = readImageSource(process.env.MEDASSIST_HOME ?? ".medassist") ?? "offline";
  const secret = (name: string): string => `${name}ThrowAway${process.pid}`;
  let output = "";
  let cases: ReadonlyMap<string, readonly Case[]> = new Map();

  before(async function () {
    this.timeout(preparationLimit);
    const references = await readyImages(["python", "mysql", "redis"], source);
    const { context } = planImage("api", source) as { context: string };
    await buildImage(context, image, references.python, "test");
    docker(["network", "create", "--internal", prefix]);
    startMysql(references.mysql);
    startRedis(references.redis);
    await until("MySQL answers", () => mysqlAnswers(), 120);
    ({ output, cases } = await runPytest());
  });

  after(() => {
    for (const name of ["mysql", "redis", "pytest"]) tryDocker(["rm", "-f", "-v", `${prefix}-${name}`]);
    tryDocker(["network", "rm", prefix]);
    tryDocker(["image", "rm", image]);
  });

  const start = (name: string, user: string, options: readonly string[], command: readonly string[]): void => {
    const place = ["--name", `${prefix}-${name}`, "--network", prefix, "--network-alias", name];
    docker(["run", "-d", ...place, ...hardening, "--user", user, "--tmpfs", "/tmp", ...options, ...command]);
  };
  const startMysql = (reference: string): void => {
    const tmpfs = ["/var/run/mysqld", "/var/lib/mysql"].flatMap((path) => ["--tmpfs", `${path}:uid=999,gid=999`]);
    const env = ["MYSQL_ROOT_HOST=%", `MYSQL_ROOT_PASSWORD=${secret("root")}`, "MYSQL_INITDB_SKIP_TZINFO=1"];
    const flags = mysqlFlags({ dialect: sqlDialect(source), memory: MiB(512), clients: 50 });
    start("mysql", "999:999", [...tmpfs, ...env.flatMap((e) => ["-e", e]), reference], ["mysqld", ...flags]);
  };
  const mysqlAnswers = (): boolean => {
    const login = ["-h127.0.0.1", `-P${ports.mysql}`, "-uroot", "-e", "SELECT 1"];
    return tryDocker(["exec", "-e", `MYSQL_PWD=${secret("root")}`, `${prefix}-mysql`, "mysql", ...login]).status === 0;
  };
  const startRedis = (reference: string): void => {
    const users = renderUsers({ app: secret("app"), metrics: secret("metrics") });
    const command = redisCommand({ memory: MiB(64), aclFile: "/tmp/users.acl", port: ports.redis });
    const write = `printf %s "$USERS" > /tmp/users.acl && exec "$@"`;
    const options = ["--tmpfs", "/data:uid=999,gid=1000", "-e", `USERS=${users}`, reference];
    start("redis", "999:1000", options, ["sh", "-c", write, "sh", ...command]);
  };

  /** Runs the whole suite once. */
  async function runPytest(): Promise<{ output: string; cases: Map<string, Case[]> }> {
    const env = {
      TEST_MYSQL_HOST: "mysql",
      TEST_MYSQL_PORT: ports.mysql,
      TEST_MYSQL_ADMIN_USER: "root",
      TEST_MYSQL_ADMIN_PASSWORD: secret("root"),
      TEST_REDIS_HOST: "redis",
      TEST_REDIS_PORT: ports.redis,
      TEST_REDIS_USER: redisAccounts.app.user,
      TEST_REDIS_PASSWORD: secret("app"),
      TEST_REDIS_KEY_PREFIX: cachePrefix,
    };
    const report = "/tmp/report.xml";
    const shell = `pytest -q --junitxml=${report}; code=$?; echo; cat ${report}; exit $code`;
    const options = ["--name", `${prefix}-pytest`, "--network", prefix, "--user", "10001:10001", "--tmpfs", "/tmp"];
    const result = await tryRun(
      "docker",
      [
        "run",
        ...options,
        ...hardening,
        ...Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]),
        image,
        ...["sh", "-c", shell],
      ],
      { timeLimitSeconds: 600 },
    );
    const [text = "", xml = ""] = result.stdout.split(/(?=<\?xml )/);
    if (xml === "") throw new Error(`pytest left no report (status ${result.code}):\n${text}${result.stderr}`);
    return { output: text.trim(), cases: readReport(xml) };
  }

  for (const file of files) {
    it(file, () => {
      const tests = cases.get(file) ?? [];
      expect(tests, `pytest ran nothing of ${file}:\n${output}`).not.to.be.empty;
      const problems = tests.filter((test) => test.problem !== undefined);
      expect(problems.map((test) => `${test.name}: ${test.problem}`).join("\n")).to.equal("");
    });
  }

  it("ends with nothing failed and nothing skipped", () => {
    const closing = output.split("\n").at(-1) ?? "";
    expect(closing, output).to.match(/^\d+ passed in [\d.]+s( \([\d:]+\))?$/);
    expect([...cases.keys()].sort()).to.deep.equal(files);
    process.stdout.write(`      pytest: ${closing}\n`);
  });
});

/** The tests of a JUnit report, by their file. */
function readReport(xml: string): Map<string, Case[]> {
  const cases = new Map<string, Case[]>();
  for (const [, attributes = "", content = ""] of xml.matchAll(/<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)) {
    const attribute = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
    const parts = attribute("classname").split(".").slice(1);
    const module = parts.findIndex((part) => part.startsWith("test_"));
    const file = `${parts.slice(0, module + 1).join("/")}.py`;
    const [, problem] = /<(?:failure|error|skipped)\b(?:[^>]*?\bmessage="([^"]*)")?/.exec(content) ?? [];
    const failed = /<(failure|error|skipped)\b/.test(content);
    const found: Case = { name: attribute("name"), problem: failed ? readable(problem ?? "failed") : undefined };
    cases.set(file, [...(cases.get(file) ?? []), found]);
  }
  return cases;
}

/** An attribute of XML as it was written. */
function readable(text: string): string {
  const names: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", "#10": "\n", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|#10|amp);/g, (all, name: string) => names[name] ?? all);
}
