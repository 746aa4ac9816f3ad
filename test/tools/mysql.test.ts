/**
 * The database server takes our options, and the accounts can do exactly what they are granted: on the product that
 * this machine can have (MariaDB from packages), and the same on MySQL 8.4 where an image registry can be reached.
 */
import { expect } from "chai";
import { readImageSource } from "../../configs/imageSource";
import { images, upstreamReference } from "../../configs/images";
import { renderAccounts, type SqlAccountName, type SqlPasswords, slowLog, sqlAccounts } from "../../configs/mysql";
import type { ImageSource } from "../../configs/settings";
import { sqlDialect } from "../../configs/sqlDialect";
import { tryRun } from "../../scripts/setup/run";
import { type Result, tryDocker, until } from "../images/support";
import { FakeEvent, loadPipeline } from "../support/fakeEvent";
import { type Program, toolBench } from "./support";

const passwords = (version: string): SqlPasswords => ({
  root: `rootPassword${version}`,
  app: `appPassword${version}`,
  migrate: `migratePassword${version}`,
  backup: `backupPassword${version}`,
  metrics: `metricsPassword${version}`,
});

/** A database server as `up` runs it, and logins to it. */
class Server {
  private current = passwords("1");

  constructor(private readonly program: Program) {}

  /** Starts a new container on the same data, after delivering the accounts with these passwords. */
  async start(version: string): Promise<void> {
    this.current = passwords(version);
    tryDocker(["stop", "-t", "60", this.program.container("mysql")]);
    const files = { "accounts.sql": renderAccounts(this.current), "root-password": this.current.root };
    expect(this.program.files("mysql-secrets-loader")).to.have.all.keys(Object.keys(files));
    const loaded = this.program.load("mysql-secrets-loader", { files, release: `accounts${version}` });
    expect(loaded.output).to.equal(`loaded release accounts${version}`);
    const container = this.program.start("mysql");
    await until("login of the health check", () => this.program.isWell("mysql"), 120).catch((error: unknown) => {
      throw new Error(`${error}\n${tryDocker(["logs", "--tail", "30", container]).output}`);
    });
  }

  /** The options that the program starts the server with. */
  flags(): string[] {
    return (this.program.inputs("mysql").command ?? []).filter((word) => word.startsWith("--"));
  }
  exec(env: readonly string[], ...command: string[]): Result {
    const options = env.flatMap((e) => ["-e", e]);
    return tryDocker(["exec", ...options, this.program.container("mysql"), ...command]);
  }
  /** One statement as an account, over TCP. */
  as(account: SqlAccountName, statement: string, password = this.current[account]): Result {
    const login = ["-h127.0.0.1", `-u${sqlAccounts[account].user}`, "--batch", "--skip-column-names"];
    return this.exec([`MYSQL_PWD=${password}`], "mysql", ...login, "-e", statement);
  }
  logs(): string {
    return tryDocker(["logs", this.program.container("mysql")]).output;
  }
  asRoot(statement: string): Result {
    const login = ["-uroot", "--batch", "--skip-column-names"];
    return this.exec([`MYSQL_PWD=${this.current.root}`], "mysql", ...login, "-e", statement);
  }
  /** `SHOW GRANTS`, as rights by level. */
  grants(account: SqlAccountName): Record<string, string[]> {
    const { stdout } = this.asRoot(`SHOW GRANTS FOR '${sqlAccounts[account].user}'@'%'`);
    const lines = [...stdout.matchAll(/^GRANT (.+?) ON (\S+) TO /gm)];
    return Object.fromEntries(
      lines
        .map(([, rights = "", level = ""]) => [level.replaceAll("`", ""), sorted(rights)] as const)
        .filter(([, rights]) => rights.join() !== "USAGE"),
    );
  }
}

/** MariaDB has a name of its own for one right. */
const sorted = (rights: string): string[] => rights.replace("BINLOG MONITOR", "REPLICATION CLIENT").split(/, */).sort();
const accountNames = Object.keys(sqlAccounts) as SqlAccountName[];
const expectDone = ({ status, output }: Result): void => {
  expect(status, output).to.equal(0);
};
const expectRefused = ({ status, output }: Result): void => {
  expect(status, output).to.equal(1);
  expect(output).to.match(/denied/i);
};

/** What is tried, in this order, on one server. */
const steps: readonly (readonly [string, (server: Server, source: ImageSource) => Promise<void> | void])[] = [
  [
    "takes the server options",
    async (server, source) => {
      await server.start("1");
      const flags = server.flags();
      const own = Object.keys(sqlDialect(source).flags);
      expect(flags).to.have.length.above(5);
      for (const [, name = "", value = ""] of flags.map((f) => /^--([\w-]+)(?:=(.*))?$/.exec(f) ?? [])) {
        if (own.includes(name)) continue;
        const expected = name === "log-bin" || value === "" ? "1" : value;
        // Some numbers are shown with a fraction: 1 as 1.000000.
        const actual = server.asRoot(`SELECT @@global.${name.replaceAll("-", "_")}`).stdout.replace(/\.0+$/, "");
        expect(actual, name).to.equal(expected);
      }
    },
  ],
  [
    "has the accounts of configs/mysql.ts and no other, each with exactly its rights",
    (server) => {
      const users = server.asRoot("SELECT User FROM mysql.user WHERE User NOT LIKE 'm%.%' ORDER BY User").stdout;
      expect(users.split("\n")).to.have.members([
        "root",
        ...Array(2).fill("medassist_health"),
        ...accountNames.map((name) => sqlAccounts[name].user),
      ]);
      for (const name of accountNames) {
        const declared = sqlAccounts[name].grants.map(({ rights, on }) => [on, sorted(rights)]);
        expect(server.grants(name), name).to.deep.equal(Object.fromEntries(declared));
      }
    },
  ],
  [
    "lets the migration make tables, and the application only read and insert",
    (server) => {
      expectDone(
        server.as("migrate", "CREATE TABLE medassist.t (a INT PRIMARY KEY); ALTER TABLE medassist.t ADD b INT"),
      );
      expectDone(server.as("app", "INSERT INTO medassist.t VALUES (42, 1)"));
      expect(server.as("app", "SELECT a FROM medassist.t").stdout).to.equal("42");
      for (const statement of [
        "UPDATE medassist.t SET a = 1",
        "DELETE FROM medassist.t",
        "DROP TABLE medassist.t",
        "TRUNCATE medassist.t",
        "CREATE TABLE medassist.u (a INT)",
        "SELECT User FROM mysql.user",
        "SET GLOBAL max_connections = 1",
      ])
        expectRefused(server.as("app", statement));
      expectRefused(server.as("migrate", "CREATE DATABASE elsewhere"));
    },
  ],
  [
    "lets the backup dump everything and change nothing",
    (server, source) => {
      const login = ["-h127.0.0.1", `-u${sqlAccounts.backup.user}`, "--single-transaction", "--events", "--triggers"];
      const command = ["mysqldump", ...login, "--no-tablespaces", "medassist"];
      const dump = server.exec([`MYSQL_PWD=${passwords("1").backup}`], ...command);
      expectDone(dump);
      expect(dump.stdout).to.match(/INSERT INTO `t` VALUES\s*\(42,1\)/);
      expect(dump.stdout).to.match(sqlDialect(source).dumpHeader);
      expectDone(server.as("backup", "FLUSH TABLES; SHOW BINARY LOGS"));
      for (const statement of ["INSERT INTO medassist.t VALUES (43, 1)", "DROP TABLE medassist.t"])
        expectRefused(server.as("backup", statement));
    },
  ],
  [
    "lets the metrics exporter read the server's state and no patient's data",
    (server) => {
      expectDone(server.as("metrics", "SHOW GLOBAL STATUS; SHOW ENGINE INNODB STATUS; SHOW BINARY LOGS"));
      expect(Number(server.as("metrics", "SELECT COUNT(*) FROM performance_schema.threads").stdout)).to.be.above(0);
      expectRefused(server.as("metrics", "SELECT * FROM medassist.t"));
    },
  ],
  [
    "lets the health check log in and see nothing, and root log in by the socket alone",
    (server) => {
      const health = ["mysql", "-h127.0.0.1", "-umedassist_health", "-e"];
      expectDone(server.exec([], ...health, "SELECT 1"));
      expectRefused(server.exec([], ...health, "SELECT * FROM medassist.t"));
      expectRefused(
        server.exec([`MYSQL_PWD=${passwords("1").root}`], "mysql", "-h127.0.0.1", "-uroot", "-e", "SELECT 1"),
      );
      expectRefused(server.exec([], "mysql", "-uroot", "-e", "SELECT 1"));
    },
  ],
  [
    "writes a slow statement into its own file and into no log of the container, and the pipeline can read it",
    async (server) => {
      const file = `${slowLog.mount}/${slowLog.file}`;
      expectDone(server.as("app", "SELECT SLEEP(1.2), a FROM medassist.t WHERE a = 42 AND 'P-1764' <> ''"));
      const text = () => server.exec([], "cat", file).stdout;
      await until("the entry", () => text().includes("P-1764"));
      expect(server.logs()).not.to.include("P-1764");
      const pipeline = loadPipeline();
      pipeline.register({ stack: "prod", json: [], sql: ["mysql"], slow: { service: "mysql", path: file } });
      // As Filebeat makes events of it.
      const entries = text().split(/\n(?=# User@Host: )/);
      const documents = entries.flatMap((entry) => {
        const event = new FakeEvent({ text: entry, path: file, attrs: false });
        pipeline.process(event);
        return event.cancelled ? [] : [event.document];
      });
      expect(documents).to.have.length(entries.length - 1);
      const slow = documents.find((d) => String(d.message).includes("SLEEP")) ?? {};
      expect(slow.message).to.match(/^SELECT SLEEP\(\?\), a FROM medassist\.t WHERE a = \? AND \? <> \?;?$/);
      expect(slow.duration).to.be.within(1.1, 10);
      expect(Math.abs(Date.parse(String(slow["@timestamp"])) - Date.now())).to.be.lessThan(30_000);
    },
  ],
  [
    "runs the same statements again at the next start, and nothing changes",
    async (server) => {
      const before = accountNames.map((name) => server.grants(name));
      await server.start("1");
      expect(accountNames.map((name) => server.grants(name))).to.deep.equal(before);
      expect(server.as("app", "SELECT a FROM medassist.t").stdout).to.equal("42");
    },
  ],
  [
    "sets new passwords on existing data, without the old ones, and takes back what an account was given by hand",
    async (server) => {
      expectDone(server.asRoot(`GRANT DELETE ON medassist.* TO '${sqlAccounts.app.user}'@'%'`));
      await server.start("2");
      expectDone(server.asRoot("SELECT 1"));
      for (const name of accountNames) {
        expectDone(server.as(name, "SELECT 1"));
        expectRefused(server.as(name, "SELECT 1", passwords("1")[name]));
      }
      expectRefused(server.exec([`MYSQL_PWD=${passwords("1").root}`], "mysql", "-uroot", "-e", "SELECT 1"));
      expect(server.as("app", "SELECT a FROM medassist.t").stdout).to.equal("42");
      expectRefused(server.as("app", "DELETE FROM medassist.t"));
    },
  ],
];

describe("MariaDB 11.8, the offline stand-in", () => {
  const { program } = toolBench(["mysql"]);
  let server: Server;
  before(async () => {
    server = new Server(await program());
  });
  for (const [title, step] of steps) it(title, () => step(server, "offline"));
});

describe("MySQL 8.4", () => {
  const { program } = toolBench(["mysql"], "registry");
  it("takes the server options and the accounts", async function () {
    if (!(await registryReached())) return this.skip();
    const server = new Server(await program());
    for (const [, step] of steps) await step(server, "registry");
  });
});

/** What `npm run up` found out; where it never ran, the image is asked for. */
async function registryReached(): Promise<boolean> {
  const found = readImageSource(process.env.MEDASSIST_HOME ?? ".medassist");
  if (found !== undefined || images.mysql.kind !== "upstream") return found === "registry";
  const pull = ["pull", "--quiet", upstreamReference(images.mysql)];
  return (await tryRun("docker", pull, { timeLimitSeconds: 600 })).code === 0;
}
