#!/usr/bin/env node
// The door: what `npm run up`, `npm test` and the others call. Plain Node without any dependency, because it runs on a
// fresh clone. It looks at the Node version, installs the packages when they are missing or outdated, and hands over to
// scripts/<command>.ts.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePackages } from "./setup/plain/packages.mjs";
import { atLeast } from "./setup/plain/versions.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function main([command, ...args]) {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  if (!atLeast(process.versions.node, engines.node)) {
    fail(
      `Node ${process.versions.node} is too old: ${engines.node} is needed (install it from nodejs.org, or nvm install 22)`,
    );
  }
  const commands = readdirSync(join(root, "scripts"))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length));
  if (!commands.includes(command)) {
    fail(`${command ? `unknown command "${command}"` : "no command given"}. There are: ${commands.sort().join(", ")}`);
  }
  await ensurePackages(root, (line) => console.error(line));
  handOver(join(root, "scripts", `${command}.ts`), args);
}

/** Runs the script in place of this process: same terminal, same exit code, same end by a signal. */
function handOver(script, args) {
  const child = spawn(process.execPath, ["--import", "tsx", script, ...args], { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole group. A second one would make Pulumi give up without tidying.
      if (signal === "SIGINT" && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  child.on("error", (error) => fail(`could not start ${script}: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  console.error(`medassist: ${message}`);
  process.exit(1);
}

main(process.argv.slice(2)).catch((error) => fail(error.message));
