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
      ["npx", "--no-install", "tsc", "--noEmit", "-p", "apps/frontend"],
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
  images: {
    kind: "mocha",
    what: "the images that are built here keep the contracts of those they stand in for",
    essential: true,
    files: ["test/images/*.test.ts"],
    timeLimitSeconds: 300,
  },
  tools: {
    kind: "mocha",
    what: "HAProxy, Nginx, MySQL and Redis take their files; the loader of files",
    essential: false,
    files: ["test/tools/*.test.ts"],
    timeLimitSeconds: 300,
  },
  api: {
    kind: "mocha",
    what: "the API's own tests, against a real MySQL and Redis",
    essential: false,
    files: ["test/apps/*.test.ts"],
    timeLimitSeconds: 900,
  },
  e2e: {
    kind: "mocha",
    what: "whole stacks by the commands that users call, and the page in a browser",
    essential: false,
    files: ["test/e2e/*.test.ts"],
    timeLimitSeconds: 600,
  },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;
