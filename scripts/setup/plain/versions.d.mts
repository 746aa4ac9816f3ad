/** Major, minor, patch. */
export type Version = readonly [number, number, number];

export function parseVersion(text: string): Version | undefined;
export function compareVersions(a: string, b: string): number;
export function atLeast(version: string, minimum: string): boolean;
