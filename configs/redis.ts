/** Redis: server options and access control list. */
import { createHash } from "node:crypto";
import type { Size } from "./units";

/** Keys of the API's cache of payments begin with this. */
export const cachePrefix = "payment:";

/** Every account. The default user is switched off; `health` may say PING and nothing else, so it needs no password. */
export const redisAccounts = {
  app: {
    user: "medassist_app",
    rules: `~${cachePrefix}* resetchannels -@all +get +set +del +ping +hello +client|setinfo +client|setname +select`,
  },
  metrics: {
    user: "medassist_metrics",
    rules:
      "resetkeys resetchannels -@all +ping +info +config|get +slowlog|len +latency|latest +client|list +dbsize +hello +select",
  },
} as const;

export type RedisAccountName = keyof typeof redisAccounts;
export const redisAccountNames = Object.keys(redisAccounts) as RedisAccountName[];

export const redisHealthUser = "health";

/** The access control list. It holds digests of passwords: deliver it as a secret. */
export function renderUsers(passwords: Readonly<Record<RedisAccountName, string>>): string {
  const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
  return [
    "user default off resetpass resetkeys resetchannels -@all",
    `user ${redisHealthUser} on nopass resetkeys resetchannels -@all +ping`,
    ...redisAccountNames.map(
      (name) => `user ${redisAccounts[name].user} on #${digest(passwords[name])} ${redisAccounts[name].rules}`,
    ),
    "",
  ].join("\n");
}

/**
 * The command of the server: append-only file written once a second, and half of the container's memory for data, since
 * rewriting that file needs a copy of what changes meanwhile. What is least used goes first: it is a cache.
 */
export function redisCommand(input: {
  readonly memory: Size;
  readonly aclFile: string;
  readonly port: number;
}): string[] {
  const options = {
    port: input.port,
    dir: "/data",
    appendonly: "yes",
    appendfsync: "everysec",
    aclfile: input.aclFile,
    maxmemory: input.memory.bytes / 2,
    "maxmemory-policy": "allkeys-lru",
  };
  // Through a shell, since the provider accepts no empty argument, and `--save ''` is how snapshots are switched off.
  return [
    "sh",
    "-c",
    `exec redis-server "$@" --save ''`,
    "redis-server",
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ];
}
