/** The files in static/, which the page loads from here. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export type Assets = Readonly<Record<"app.js" | "style.css" | "icon.svg", string>>;

/** @throws Error if one is missing: the image is broken then */
export function readAssets(): Assets {
  const read = (name: string): string => readFileSync(join(__dirname, "..", "static", name), "utf8");
  return { "app.js": read("app.js"), "style.css": read("style.css"), "icon.svg": read("icon.svg") };
}
