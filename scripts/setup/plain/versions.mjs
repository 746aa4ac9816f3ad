// Plain Node, no dependency: the door reads this before node_modules exists.

/**
 * Reads the numbers of a version: "v3.248.0", "go1.26.8", "3.248.0-alpha.1" and "20.19" are all understood.
 * @returns [major, minor, patch], or undefined when the text holds no version
 */
export function parseVersion(text) {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

/** Negative when `a` is older than `b`, 0 when they are the same, positive when it is newer. */
export function compareVersions(a, b) {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (!left || !right) throw new Error(`not a version: "${left ? b : a}" (expected digits such as 3.248.0)`);
  for (let i = 0; i < 3; i++) {
    if (left[i] !== right[i]) return left[i] - right[i];
  }
  return 0;
}

/** True when `version` is `minimum` or newer; `minimum` may be written as a range like ">=20.19". */
export function atLeast(version, minimum) {
  return compareVersions(version, minimum) >= 0;
}
