/** Copies of this checkout in which a test or a benchmark changes what an image is made of. */
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { repoRoot } from "../../../scripts/setup/paths";

const left = new Set(["node_modules", ".git", ".medassist"]);

export class Checkout {
  readonly folder = mkdtempSync(join(tmpdir(), "medassist-checkout-"));

  constructor() {
    cpSync(repoRoot, this.folder, { recursive: true, filter: (path) => !left.has(basename(path)) });
    symlinkSync(join(repoRoot, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Path of a file in the copy. */
  path(file: string): string {
    return join(this.folder, file);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
