/** The parts of `npm test`, in the order in which they run: the quick ones first. */
interface Mocha {
  readonly kind: "mocha";
  readonly files: readonly string[];
  /** For one test. */
  readonly timeLimitSeconds: number;
}
interface Commands {
  readonly kind: "commands";
  readonly commands: readonly (readonly string[])[];
}
export type Part = (Mocha | Commands) & {
  readonly what: string;
  /** Nothing after it can succeed if it fails. */
  readonly essential: boolean;
};

export const parts = {
  check: {
    kind: "commands",
    what: "types and lint",
    essential: true,
    commands: [
      ["npx", "--no-install", "tsc", "--noEmit"],
      ["npx", "--no-install", "biome", "check", "."],
    ],
  },
  unit: {
    kind: "mocha",
    what: "configs, components and scripts, without an engine",
    essential: true,
    files: [
      "test/configs/**/*.test.ts",
      "test/components/**/*.test.ts",
      "test/scripts/**/*.test.ts",
      "apps/frontend/test/**/*.test.ts",
    ],
    timeLimitSeconds: 20,
  },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;
