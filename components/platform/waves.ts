/**
 * Splits replicas into at most three waves: one first, so that a bad change hurts one replica; then half of the rest;
 * then the others. No wave but the last of a group of one or two holds more than half of all (rounded up).
 */
export function waves<T>(replicas: readonly T[]): T[][] {
  const [first, ...rest] = replicas;
  if (first === undefined) return [];
  const half = Math.ceil(rest.length / 2);
  return [[first], rest.slice(0, half), rest.slice(half)].filter((wave) => wave.length > 0);
}
