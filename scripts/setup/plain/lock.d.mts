/** Who holds a lock. */
export interface LockOwner {
  readonly pid: number;
  /** When the process started, opaque. */
  readonly started: string | undefined;
  readonly host: string;
}

export function withLock<T>(path: string, work: () => T | Promise<T>, onWait?: (pid: number) => void): Promise<T>;

export function isStale(
  owner: LockOwner,
  seen: { host: string; startOf: (pid: number) => string | undefined; ageSeconds: number },
): boolean;

export function startOf(pid: number): string | undefined;
