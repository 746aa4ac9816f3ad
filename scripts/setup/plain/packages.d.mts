export type PackagesState = "ready" | "unstamped" | "outdated" | "missing";

/** The part of a lock file that is read here. */
export interface LockFile {
  packages?: Record<string, { version?: string; integrity?: string; optional?: boolean }>;
}

export function packagesState(root: string): { state: PackagesState; digest: string };

export function judgePackages(seen: {
  digest: string;
  stamp: string | undefined;
  lock: string;
  installed: string | undefined;
}): PackagesState;

export function sameTree(lock: LockFile, installed: LockFile): boolean;

export function ensurePackages(
  root: string,
  say: (line: string) => void,
  install?: (root: string) => number | string | null,
): Promise<void>;
