/** The parts of `npm test`, in the order in which they run: the quick ones first. */
interface Mocha {
  readonly kind: "mocha";
  readonly files: readonly string[];
  /** For one test. */
  readonly timeLimitSeconds: number;
  /** Files at a time, each in a process of its own. */
  readonly jobs: number;
}
interface Commands {
  readonly kind: "commands";
  readonly commands: readonly (readonly string[])[];
}
export type Part = (Mocha | Commands) & {
  readonly what: string;
  /** Nothing after it can succeed if it fails. */
  readonly essential: boolean;
  /** What must be on the machine; it is installed or built before the part begins, and not on a test's time. */
  readonly needs: readonly Need[];
};

export type Need = "engine and images" | "Pulumi" | "Chromium";

export const parts = {
  check: {
    kind: "commands",
    what: "types and lint",
    essential: true,
    needs: [],
    commands: [
      ["npx", "--no-install", "tsc", "--noEmit"],
      ["npx", "--no-install", "tsc", "--noEmit", "-p", "apps/frontend"],
      ["npx", "--no-install", "tsc", "--noEmit", "-p", "apps/incidents"],
      ["npx", "--no-install", "tsc", "--noEmit", "-p", "apps/logs"],
      ["npx", "--no-install", "biome", "check", "."],
    ],
  },
  unit: {
    kind: "mocha",
    what: "configs, components and scripts, without an engine",
    essential: true,
    needs: [],
    files: [
      "test/configs/**/*.test.ts",
      "test/components/**/*.test.ts",
      "test/scripts/**/*.test.ts",
      "apps/frontend/test/**/*.test.ts",
      "apps/incidents/test/**/*.test.ts",
      "apps/logs/test/**/*.test.ts",
    ],
    timeLimitSeconds: 20,
    jobs: 1,
  },
  images: {
    kind: "mocha",
    what: "the images that are built here keep the contracts of those they stand in for",
    essential: true,
    needs: ["engine and images"],
    files: ["test/images/*.test.ts"],
    timeLimitSeconds: 300,
    jobs: 1,
  },
  tools: {
    kind: "mocha",
    what: "the programs themselves take their files; the loader of files; Filebeat and its lines",
    essential: false,
    needs: ["engine and images"],
    files: ["test/tools/*.test.ts"],
    timeLimitSeconds: 300,
    jobs: 1,
  },
  api: {
    kind: "mocha",
    what: "the API's own tests, against a real MySQL and Redis, and the log keeper's, against a real Elasticsearch",
    essential: false,
    needs: ["engine and images"],
    files: ["test/apps/*.test.ts"],
    timeLimitSeconds: 900,
    jobs: 1,
  },
  e2e: {
    kind: "mocha",
    what: "whole stacks by the commands that users call, and the page in a browser",
    essential: false,
    needs: ["engine and images", "Pulumi", "Chromium"],
    files: ["test/e2e/*.test.ts"],
    timeLimitSeconds: 600,
    // They wait most of the time, and each has a stack of its own.
    jobs: 2,
  },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;
