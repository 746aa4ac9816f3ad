/** The offline stand-in for mysql:8.4 keeps its contract. Needs a Docker engine; the image is built first. */
import { expect } from "chai";
import { docker, imageBench, type Result, tryDocker, until } from "./support";

describe("offline image of mysql", function () {
  this.timeout(300_000);
  const { answers, exec, logs, once, start, stop, volume, volumeWith } = imageBench(["mysql"]);
  const asPlatform = (data: string, secrets: string): string[] => [
    ...["--user", "999:999", "--tmpfs", "/tmp", "--tmpfs", "/var/run/mysqld:uid=999,gid=999"],
    ...["-v", `${data}:/var/lib/mysql`, "-v", `${secrets}:/run/secrets:ro`],
  ];
  const rootPassword = `it's "a" \\ päss$word`;
  const query = (container: string, sql: string, user = "root", password = rootPassword): Result =>
    tryDocker(["exec", "-e", `MYSQL_PWD=${password}`, container, "mysql", "-h127.0.0.1", `-u${user}`, "-N", "-e", sql]);
  const ready = (container: string): Promise<void> =>
    until("login over TCP", () => query(container, "SELECT 1").status === 0, 120).catch((error: unknown) => {
      throw new Error(`${error}\n${logs(container).slice(-2000)}`);
    });
  const rootPasswordFile = ["-e", "MYSQL_ROOT_PASSWORD_FILE=/run/secrets/root"];

  it("first start from secret files, login over TCP, clean stop, data kept, variables then ignored", async () => {
    const secrets = volumeWith("mysql", "999:999", { root: rootPassword, api: "api-päss'w" });
    const container = start("mysql", [
      ...asPlatform(volume(), secrets),
      ...rootPasswordFile,
      ...["-e", "MYSQL_DATABASE=med_assist", "-e", "MYSQL_USER=api", "-e", "MYSQL_PASSWORD_FILE=/run/secrets/api"],
    ]);
    await ready(container);
    expect(exec(container, "cat", "/proc/1/comm")).to.match(/^(mysqld|mariadbd)$/);
    expect(exec(container, "stat", "-c", "%u", "/proc/1")).to.equal("999");
    expect(
      query(container, "SELECT User, Host FROM mysql.user WHERE User IN ('', 'root')").stdout.split("\n"),
    ).to.have.members(["root\t%", "root\tlocalhost"]);
    expect(answers(container, "mysql", "-uroot", "-e", "SELECT 1"), "root by socket without password").to.equal(false);

    const table = "CREATE TABLE med_assist.t (a INT); INSERT INTO med_assist.t VALUES (42)";
    expect(query(container, table, "api", "api-päss'w").status).to.equal(0);
    expect(query(container, "SELECT 1 FROM mysql.user", "api", "api-päss'w").status).to.equal(1);
    expect(stop(container)).to.equal(0);
    docker(["start", container]);
    await ready(container);
    expect(query(container, "SELECT a FROM med_assist.t").stdout).to.equal("42");
    expect(logs(container).match(/init process done/g)).to.have.lengthOf(1);
  });

  it("works as root too: the entry point becomes the user mysql, reading a secret of root's", async () => {
    const capabilities = ["CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE"].flatMap((name) => ["--cap-add", name]);
    const secrets = volumeWith("mysql", "0:0", { root: rootPassword });
    const options = [...asPlatform(volume(), secrets), "--user", "0:0", ...capabilities, ...rootPasswordFile];
    const container = start("mysql", [...options, "-e", "MYSQL_INITDB_SKIP_TZINFO=1"]);
    await ready(container);
    expect(exec(container, "stat", "-c", "%u:%g", "/proc/1", "/var/lib/mysql")).to.equal("999:999\n999:999");
  });

  it("refuses a variable given twice, no password at all, and a wrong option", () => {
    const secrets = volumeWith("mysql", "999:999", { root: rootPassword });
    const twice = once("mysql", [...asPlatform(volume(), secrets), ...rootPasswordFile, "-e", "MYSQL_ROOT_PASSWORD=x"]);
    expect(twice.status).to.equal(1);
    expect(twice.output).to.match(/MYSQL_ROOT_PASSWORD and MYSQL_ROOT_PASSWORD_FILE are set/);
    const none = once("mysql", asPlatform(volume(), secrets));
    expect(none.status).to.equal(1);
    expect(none.output).to.match(/password option is not specified/);
    const wrong = once("mysql", [...asPlatform(volume(), secrets), ...rootPasswordFile], ["--no-such-option"]);
    expect(wrong.status).to.equal(1);
    expect(wrong.output).to.match(/unknown option '--no-such-option'/);
  });

  it("--defaults-extra-file comes first; its init_file runs at each start and may set a new password", async () => {
    const data = volume();
    const files = (password: string): Record<string, string> => ({
      root: rootPassword,
      "extra.cnf": "[mysqld]\ninit_file=/run/secrets/init.sql\nmax_connections=33\n",
      "init.sql": [
        "CREATE DATABASE IF NOT EXISTS ops;",
        "CREATE TABLE IF NOT EXISTS ops.starts (id INT AUTO_INCREMENT PRIMARY KEY);",
        "INSERT INTO ops.starts VALUES (NULL);",
        "CREATE USER IF NOT EXISTS 'exporter'@'%' IDENTIFIED BY 'x';",
        `ALTER USER 'exporter'@'%' IDENTIFIED BY '${password}';\n`,
      ].join("\n"),
    });
    const run = async (password: string): Promise<string> => {
      const secrets = volumeWith("mysql", "999:999", files(password));
      const options = [...asPlatform(data, secrets), ...rootPasswordFile, "-e", "MYSQL_INITDB_SKIP_TZINFO=1"];
      const args = ["--defaults-extra-file=/run/secrets/extra.cnf", "--max-allowed-packet=32M"];
      const container = start("mysql", options, args);
      await ready(container);
      const setting = query(container, "SELECT @@max_connections, @@max_allowed_packet");
      expect(setting.stdout).to.equal(`33\t${32 * 1024 * 1024}`);
      return container;
    };
    const starts = (container: string): number => Number(query(container, "SELECT COUNT(*) FROM ops.starts").stdout);
    const first = await run("one");
    expect(query(first, "SELECT 1", "exporter", "one").status).to.equal(0);
    const before = starts(first);
    expect(before).to.be.at.least(1);
    expect(stop(first)).to.equal(0);

    const second = await run("two");
    expect(query(second, "SELECT 1", "exporter", "two").status).to.equal(0);
    expect(query(second, "SELECT 1", "exporter", "one").status).to.equal(1);
    expect(starts(second)).to.equal(before + 1);
  });

  it("a first start that was killed half-way is begun anew", async () => {
    const secrets = volumeWith("mysql", "999:999", { root: rootPassword });
    const container = start("mysql", [...asPlatform(volume(), secrets), ...rootPasswordFile]);
    await until("system tables", () => answers(container, "test", "-e", "/var/lib/mysql/mysql/global_priv.frm"));
    docker(["kill", container]);
    expect(logs(container)).not.to.match(/init process done/);
    docker(["start", container]);
    await ready(container);
    expect(logs(container)).to.match(/interrupted; beginning again/);
    expect(query(container, "SELECT COUNT(*) > 100 FROM mysql.time_zone_name").stdout).to.equal("1");
  });

  it("refuses a directory of MySQL's own and one that holds something else", () => {
    const run = (file: string): Result => {
      const data = volumeWith("mysql", "999:999", { [file]: "x" });
      const secrets = volumeWith("mysql", "999:999", { root: rootPassword });
      return once("mysql", [...asPlatform(data, secrets), ...rootPasswordFile]);
    };
    const foreign = run("mysql.ibd");
    expect(foreign.status).to.equal(1);
    expect(foreign.output).to.match(/was written by MySQL/);
    const other = run("holiday.jpg");
    expect(other.status).to.equal(1);
    expect(other.output).to.match(/is not empty.*refusing/);
  });

  it("runs the scripts of /docker-entrypoint-initdb.d once", async () => {
    const secrets = volumeWith("mysql", "999:999", { root: rootPassword });
    const scripts = volumeWith("mysql", "999:999", {
      "1.sql": "CREATE TABLE t (a INT);",
      "2.sh": `docker_process_sql <<< "INSERT INTO t VALUES (7)"`,
    });
    const options = ["-v", `${scripts}:/docker-entrypoint-initdb.d:ro`, "-e", "MYSQL_DATABASE=med"];
    const container = start("mysql", [...asPlatform(volume(), secrets), ...rootPasswordFile, ...options]);
    await ready(container);
    expect(query(container, "SELECT a FROM med.t").stdout).to.equal("7");
  });

  it("has the client programs, and a command of one's own runs instead of the server", () => {
    const script = "for p in mysqld mysql mysqldump mysqladmin; do $p --version || exit 1; done";
    const result = once("mysql", ["--user", "999:999"], ["sh", "-c", script]);
    expect(result, result.output).to.have.property("status", 0);
    expect(result.output).not.to.match(/deprecated/i);
  });
});
