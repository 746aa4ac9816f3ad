/** Files with which exporters log in. They hold passwords: deliver them as secrets. */
import type { SqlAccount } from "./roles";

/** `my.cnf` of the mysqld exporter. */
export const mysqldExporterLogin = ({ host, port, user }: SqlAccount, password: string): string =>
  `[client]\nhost = ${host}\nport = ${port}\nuser = ${user}\npassword = ${password}\n`;

/** Passwords of the Redis exporter, by the URL of the server, with and without the user in it. */
export const redisExporterPasswords = (url: string, user: string, password: string): string =>
  `${JSON.stringify({ [url]: password, [url.replace("//", `//${user}@`)]: password })}\n`;
