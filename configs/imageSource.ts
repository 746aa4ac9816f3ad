import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageSource } from "./settings";

/** Where `npm run up` leaves what it found out about images, in its folder (`.medassist/`). */
export const imageSourceFile = (home: string): string => join(home, "image-source");

/** What it found out; undefined if it never ran here. */
export function readImageSource(home: string): ImageSource | undefined {
  const file = imageSourceFile(home);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8").trim();
  return text === "registry" || text === "offline" ? text : undefined;
}
