import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { accounts } from "../src/desired";
import { Authority } from "./certificates";
import { desired, wireDesired } from "./samples";

describe("the process", () => {
  const folder = mkdtempSync(join(tmpdir(), "logs-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

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
    expect(JSON.parse(output())).to.include({ level: "critical", stack: "dev", service: "log-keeper" });
    expect(output()).to.include("DESIRED_FILE is missing; PASSWORDS_FOLDER is missing");
  });

  it("starts, writes a test line, answers while nothing else is there, and leaves with 0 when it is told to", async () => {
    const authority = new Authority();
    writeFileSync(join(folder, "ca.crt"), authority.certificate);
    authority.remove();
    writeFileSync(join(folder, "desired.json"), JSON.stringify(wireDesired));
    for (const user of accounts(desired)) writeFileSync(join(folder, user), "x");
    const port = await freePort();
    const { child, output } = run({
      STACK: "dev",
      PORT: port,
      ELASTICSEARCH_URL: "https://127.0.0.1:1",
      FILEBEAT_URL: "http://127.0.0.1:1",
      CA_FILE: join(folder, "ca.crt"),
      DESIRED_FILE: join(folder, "desired.json"),
      PASSWORDS_FOLDER: folder,
    });
    while (!/"canary":"[a-z]{20}"/.test(output()) || !/Elasticsearch does not answer/.test(output()))
      await once(child.stdout ?? child, "data");
    const answer = await fetch(`http://127.0.0.1:${port}/ready`);
    expect(answer.status).to.equal(503);
    expect(await answer.text()).to.match(/^not ready: Elasticsearch does not answer at https:\/\/127\.0\.0\.1:1 \(/);
    child.kill("SIGTERM");
    expect(await once(child, "close")).to.deep.equal([0, null]);
    expect(output()).to.include('"stopped"');
    for (const line of output().trim().split("\n")) expect(JSON.parse(line)).to.include({ service: "log-keeper" });
  });
});

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}
