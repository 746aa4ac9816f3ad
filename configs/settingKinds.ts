/** The kinds of settings: how a value is written, and what is allowed. */
import { z } from "zod";
import { MiB } from "./units";

export const wholeNumber = (low: number, high: number) =>
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number)
    .pipe(z.number().min(low).max(high));
export const trueOrFalse = z.enum(["true", "false"]).transform((text) => text === "true");
const ipv4 = z.ipv4();
export const path = z.string().regex(/^[^\0]*$/);

export interface Setting<T> {
  readonly type: "integer" | "boolean" | "string";
  /** As written in Pulumi.yaml. */
  readonly default: string;
  /** What is allowed, for people. */
  readonly allowed: string;
  readonly description: string;
  readonly schema: z.ZodType<T, string>;
}
export const setting = <T>(s: Setting<T>): Setting<T> => s;

export const port = (value: number, description: string) =>
  setting({
    type: "integer",
    default: String(value),
    allowed: "a whole number from 1 to 65535, each port once",
    description,
    schema: wholeNumber(1, 65535),
  });
export const memory = (mebibytes: number, lowest: number, description: string) =>
  setting({
    type: "integer",
    default: String(mebibytes),
    allowed: `a whole number of MiB from ${lowest} to 65536`,
    description,
    schema: wholeNumber(lowest, 65536).transform(MiB),
  });
export const address = (value: string, description: string) =>
  setting({
    type: "string",
    default: value,
    allowed: "an IPv4 address of this host, or 0.0.0.0 for all",
    description,
    schema: ipv4,
  });
export const pemFile = (what: string) =>
  setting({
    type: "string",
    default: "",
    allowed: "the path of a readable PEM file, from the project's folder; empty for none; both or neither",
    description: `${what} for the two public ports (PEM file); empty serves plain HTTP`,
    schema: path,
  });
