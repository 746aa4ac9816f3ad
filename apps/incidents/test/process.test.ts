import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect } from "chai";
import { listen, temporaryFolder } from "./samples";

describe("the process", () => {
  const folder = temporaryFolder();
  after(() => folder.remove());

  function run(environment: Record<string, string>): { child: ChildProcess; output: () => string } {
    const main = join(__dirname, "../src/main.ts");
    const child = spawn(process.execPath, ["--import", "tsx", main], {
      env: { PATH: process.env.PATH ?? "", ...environment },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (part) => {
        output += String(part);
      });
    return { child, output: () => output };
  }

  it("says in one line what is wrong with its environment, and leaves with 78", async () => {
    const { child, output } = run({ STACK: "dev" });
    expect((await once(child, "close"))[0]).to.equal(78);
    expect(JSON.parse(output())).to.include({ level: "critical", stack: "dev" });
    expect(output()).to.include("WEBHOOK_TOKEN_FILE is missing; ADMIN_PASSWORD_FILE is missing");
  });

  it("starts, and leaves with 0 when it is told to", async () => {
    const secret = join(folder.path, "secret");
    writeFileSync(secret, "x");
    const { child, output } = run({
      STACK: "dev",
      PORT: await freePort(),
      DATA_DIR: join(folder.path, "data"),
      WEBHOOK_TOKEN_FILE: secret,
      ADMIN_PASSWORD_FILE: secret,
      ALERTMANAGER_URL: "http://127.0.0.1:1",
      PROMETHEUS_URL: "http://127.0.0.1:1",
    });
    while (!output().includes('"listening"')) await once(child.stdout ?? child, "data");
    child.kill("SIGTERM");
    expect(await once(child, "close")).to.deep.equal([0, null]);
    expect(output()).to.include('"stopped"');
  });
});

async function freePort(): Promise<string> {
  const server = createServer();
  const { port } = new URL(await listen(server));
  await new Promise((resolve) => server.close(resolve));
  return port;
}
