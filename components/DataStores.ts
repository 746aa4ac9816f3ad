import * as pulumi from "@pulumi/pulumi";
import type { Alert } from "../configs/alerts/alert";
import { dataAlerts } from "../configs/alerts/data";
import {
  database,
  healthUser,
  mysqlFlags,
  mysqlHost,
  renderAccounts,
  type SqlAccountName,
  slowLog,
  sqlAccountNames,
  sqlAccounts,
} from "../configs/mysql";
import { ports } from "../configs/ports";
import {
  type RedisAccountName,
  redisAccountNames,
  redisAccounts,
  redisCommand,
  redisHealthUser,
  renderUsers,
} from "../configs/redis";
import type { CacheAccount, SqlAccount } from "../configs/roles";
import type { Settings } from "../configs/settings";
import { sqlDialect } from "../configs/sqlDialect";
import { minutes, seconds } from "../configs/units";
import { password } from "./passwords";
import type { Platform, Ready } from "./platform/platform";
import { Probe } from "./platform/probe";
import type { FileSet, SecretText, ServiceSpec } from "./platform/spec";

export interface DataStoresArgs {
  readonly platform: Platform;
  readonly settings: Settings;
  /** Most connections to MySQL that the programs of this stack open at once. */
  readonly sqlClients: number;
}

/** An account with the password that opens it. */
export type WithPassword<T> = T & { readonly password: SecretText };

/** MySQL and Redis on volumes that outlive their containers. */
export class DataStores extends pulumi.ComponentResource {
  readonly sql: Readonly<Record<SqlAccountName, WithPassword<SqlAccount>>>;
  readonly cache: Readonly<Record<RedisAccountName, WithPassword<CacheAccount>>>;
  /** Password of root, who can log in from inside the container only. */
  readonly sqlRootPassword: SecretText;
  readonly alerts: readonly Alert[] = dataAlerts;
  readonly ready: { readonly mysql: Ready; readonly redis: Ready };

  constructor(
    name: string,
    { platform, settings, sqlClients }: DataStoresArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("medassist:index:DataStores", name, {}, opts);
    const newPassword = (account: string) => password(account, settings.secretsEpoch, this);

    const sqlPasswords = mapKeys(["root", ...sqlAccountNames], (account) => newPassword(`mysql-${account}`));
    const sqlTexts = mapKeys(["root", ...sqlAccountNames], (account) => sqlPasswords[account].result);
    const accounts: FileSet = {
      name: "mysql-secrets",
      image: "mysql",
      owner: mysqlOwner,
      mount: "/secrets",
      content: { secret: { [accountsFile]: pulumi.output(sqlTexts).apply(renderAccounts), [rootFile]: sqlTexts.root } },
      reload: { kind: "restart" },
    };
    const mysql: ServiceSpec = {
      name: mysqlHost,
      image: "mysql",
      command: [
        "sh",
        "-c",
        startMysql,
        "mysqld",
        ...mysqlFlags({
          dialect: sqlDialect(settings.imageSource),
          memory: settings.memory.mysql,
          clients: sqlClients,
        }),
      ],
      env: { MYSQL_ROOT_PASSWORD_FILE: `${accounts.mount}/current/${rootFile}`, MYSQL_ROOT_HOST: "localhost" },
      owner: mysqlOwner,
      files: [accounts],
      data: [
        {
          name: "mysql-data",
          mount: "/var/lib/mysql",
          protect: settings.protectData,
          openedBy: Object.values(sqlPasswords),
        },
      ],
      directories: [{ name: slowLog.directory, mount: slowLog.mount }],
      tmpfs: [
        { mount: "/tmp" },
        { mount: "/var/run/mysqld", owner: mysqlOwner },
        { mount: "/docker-entrypoint-initdb.d", owner: mysqlOwner },
      ],
      networks: ["medassist"],
      // Over TCP: the server that prepares a new data folder has no network, so it is not mistaken for the real one.
      probe: Probe.command(
        ["mysqladmin", "--connect-timeout=2", "-h127.0.0.1", `-P${ports.mysql}`, `-u${healthUser}`, "ping"],
        {
          startPeriod: minutes(2),
        },
      ),
      memory: settings.memory.mysql,
      stopGrace: seconds(60),
    };

    const cachePasswords = mapKeys(redisAccountNames, (account) => newPassword(`redis-${account}`));
    const users: FileSet = {
      name: "redis-secrets",
      image: "redis",
      owner: redisOwner,
      mount: "/secrets",
      content: {
        secret: {
          [usersFile]: pulumi
            .output(mapKeys(redisAccountNames, (account) => cachePasswords[account].result))
            .apply(renderUsers),
        },
      },
      reload: { kind: "restart" },
    };
    const redis: ServiceSpec = {
      name: "redis",
      image: "redis",
      command: redisCommand({
        memory: settings.memory.redis,
        aclFile: `${users.mount}/current/${usersFile}`,
        port: ports.redis,
      }),
      owner: redisOwner,
      files: [users],
      data: [{ name: "redis-data", mount: "/data", protect: settings.protectData, openedBy: [] }],
      tmpfs: [{ mount: "/tmp" }],
      networks: ["medassist"],
      probe: Probe.command([
        "sh",
        "-c",
        `redis-cli -p ${ports.redis} --no-auth-warning --user ${redisHealthUser} --pass - ping | grep -q PONG`,
      ]),
      memory: settings.memory.redis,
      stopGrace: seconds(20),
    };

    this.sql = mapKeys(sqlAccountNames, (account) => ({
      host: mysql.name,
      port: ports.mysql,
      database,
      user: sqlAccounts[account].user,
      password: sqlPasswords[account].result,
    }));
    this.cache = mapKeys(redisAccountNames, (account) => ({
      host: redis.name,
      port: ports.redis,
      user: redisAccounts[account].user,
      password: cachePasswords[account].result,
    }));
    this.sqlRootPassword = sqlPasswords.root.result;
    this.ready = { mysql: platform.service(mysql, { parent: this }), redis: platform.service(redis, { parent: this }) };
    this.registerOutputs({});
  }
}

const mysqlOwner = { uid: 999, gid: 999 };
/** The Alpine image has group 1000 (docs/traps.md, Redis' group). */
const redisOwner = { uid: 999, gid: 1000 };
const accountsFile = "accounts.sql";
const rootFile = "root-password";
const usersFile = "users.acl";

/**
 * The accounts are set at every start. On a new volume the image's own entry point does it, since it must log in as
 * root before a password exists; on an existing one `init_file` does, for which nobody's old password is needed.
 * Beside the server somebody looks that the slow log does not fill the disk.
 */
const startMysql = `log=${slowLog.mount}/${slowLog.file}
(while sleep 30; do [ -f $log ] && [ $(wc -c < $log) -gt ${slowLog.atMost.bytes} ] && : > $log; done) &
if [ -d /var/lib/mysql/mysql ]
then set -- "$@" --init-file=/secrets/current/${accountsFile}
else cp /secrets/current/${accountsFile} /docker-entrypoint-initdb.d/
fi
exec docker-entrypoint.sh mysqld "$@"`;

function mapKeys<K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;
}
