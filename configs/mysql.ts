/** MySQL: server options, accounts and their rights. What differs between MySQL and MariaDB is in `sqlDialect.ts`. */
import type { SqlDialect } from "./sqlDialect";
import { MiB, type Size, seconds } from "./units";

export const database = "medassist";

/** Name of the service, and so of its host. */
export const mysqlHost = "mysql";

/** Every account, and the least it needs. `on` is the level of the grant. */
export const sqlAccounts = {
  app: { user: "medassist_app", grants: [{ rights: "SELECT, INSERT", on: `${database}.*` }] },
  migrate: {
    user: "medassist_migrate",
    grants: [{ rights: "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, REFERENCES", on: `${database}.*` }],
  },
  backup: {
    user: "medassist_backup",
    grants: [
      { rights: "SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT", on: `${database}.*` },
      { rights: "RELOAD, PROCESS, REPLICATION CLIENT", on: "*.*" },
    ],
  },
  metrics: {
    user: "medassist_metrics",
    grants: [
      { rights: "PROCESS, REPLICATION CLIENT", on: "*.*" },
      { rights: "SELECT", on: "performance_schema.*" },
    ],
  },
} as const;

export type SqlAccountName = keyof typeof sqlAccounts;
export const sqlAccountNames = Object.keys(sqlAccounts) as SqlAccountName[];

/** Passwords by account, and root's own. */
export type SqlPasswords = Readonly<Record<SqlAccountName | "root", string>>;

/** Account of the health check: it may log in from inside the container, without a password, and do nothing. */
export const healthUser = "medassist_health";

/**
 * The statements that make database and accounts what they should be, whatever they were: run at every start, so a
 * password changed in the stack works on an existing volume although nobody knows the old one.
 * One statement a line, as `init_file` wants it. It holds passwords: deliver it as a secret.
 */
export function renderAccounts(passwords: SqlPasswords): string {
  const lines = [
    `CREATE DATABASE IF NOT EXISTS ${database} CHARACTER SET utf8mb4`,
    `ALTER USER 'root'@'localhost' IDENTIFIED BY ${quote(passwords.root)}`,
    ...["localhost", "127.0.0.1"].map((host) => `CREATE USER IF NOT EXISTS '${healthUser}'@'${host}'`),
    ...sqlAccountNames.flatMap((name) => {
      const { user, grants } = sqlAccounts[name];
      const account = `'${user}'@'%'`;
      return [
        `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ${quote(passwords[name])}`,
        `ALTER USER ${account} IDENTIFIED BY ${quote(passwords[name])}`,
        `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${account}`,
        ...grants.map(({ rights, on }) => `GRANT ${rights} ON ${on} TO ${account}`),
      ];
    }),
  ];
  return `${lines.map((line) => `${line};`).join("\n")}\n`;
}

/**
 * The slow log. It quotes statements, so patients' references: it is in no container's log, which more people may read
 * than the data, but in a volume of its own. Filebeat reads it there and lets no literal out.
 */
export const slowLog = {
  /** Name of the volume. */
  directory: "mysql-logs",
  /** In the image it belongs to the server, and a new volume inherits that. */
  mount: "/var/lib/mysql-files",
  file: "slow.log",
  /** It is emptied when it is larger: Filebeat has read it by then. */
  atMost: MiB(16),
} as const;

export interface MysqlInput {
  readonly dialect: SqlDialect;
  readonly memory: Size;
  /** Most connections at once that the programs of this stack open. */
  readonly clients: number;
}

/** Connections kept free for people and tools beside the programs. */
const spareConnections = 20;

/**
 * Server options as command line flags. Durable: what was acknowledged survives a crash of the engine and of the
 * host (MySQL manual, "InnoDB and the ACID model").
 */
export function mysqlFlags({ dialect, memory, clients }: MysqlInput): string[] {
  const options: Record<string, string | number> = {
    "server-id": 1,
    "log-bin": "binlog",
    "sync-binlog": 1,
    "innodb-flush-log-at-trx-commit": 1,
    "binlog-expire-logs-seconds": seconds(7 * 24 * 3600).seconds,
    "innodb-buffer-pool-size": memory.bytes / 4,
    "max-connections": clients + spareConnections,
    "character-set-server": "utf8mb4",
    "local-infile": 0,
    "long-query-time": 1,
    "slow-query-log": 1,
    "slow-query-log-file": `${slowLog.mount}/${slowLog.file}`,
    "log-output": "FILE",
    tmpdir: "/tmp",
    ...dialect.flags,
  };
  return ["--skip-name-resolve", ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)];
}

/** A string literal. Passwords are letters and digits; anything else is a mistake better seen here than in SQL. */
function quote(text: string): string {
  if (!/^[A-Za-z0-9]+$/.test(text)) throw new Error("a generated password must consist of letters and digits");
  return `'${text}'`;
}
