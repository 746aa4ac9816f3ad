/**
 * Where MySQL 8.4 and MariaDB 11.8 (the offline stand-in) differ. Everything else is written so that both take it.
 *
 * The MySQL branch could not be run on a machine without an image registry: `npm test` prints it as skipped there.
 */
import type { ImageSource } from "./settings";

export interface SqlDialect {
  readonly product: "MySQL 8.4" | "MariaDB 11.8";
  /** Server options that only this product knows. */
  readonly flags: Readonly<Record<string, string | number>>;
  /** First line of a logical dump, by which a backup recognises what it holds. */
  readonly dumpHeader: RegExp;
}

const dialects: Record<ImageSource, SqlDialect> = {
  registry: {
    product: "MySQL 8.4",
    // The X protocol (33060) is used by nobody here.
    flags: { mysqlx: "OFF" },
    dumpHeader: /^-- MySQL dump /,
  },
  offline: {
    product: "MariaDB 11.8",
    flags: {},
    dumpHeader: /^(?:\/\*M?!999999|-- MariaDB dump )/,
  },
};

export const sqlDialect = (source: ImageSource): SqlDialect => dialects[source];
