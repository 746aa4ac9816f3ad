import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { createLogger } from "../src/logger";
import { send } from "../src/outgoing";
import { createService, type Service } from "../src/service";
import { basic, bearer, listen, settings, temporaryFolder } from "./samples";

describe("the runbooks that the recorder shows", () => {
  const folder = temporaryFolder();
  const runbooksDir = join(folder.path, "runbooks");
  let service: Service;
  let url: string;
  const get = (path: string, authorization = basic) => fetch(url + path, { headers: { authorization } });

  before(async () => {
    mkdirSync(runbooksDir);
    writeFileSync(join(runbooksDir, "P2_Example.html"), "<h1>Example</h1>");
    writeFileSync(join(folder.path, "outside.html"), "not for readers");
    const told = settings({ dataDir: join(folder.path, "data"), runbooksDir });
    const log = createLogger({ stack: "dev", level: "error", now: Date.now, write: () => undefined });
    service = createService({ settings: told, log, send, now: Date.now });
    url = await listen(service.server);
  });
  after(async () => {
    await service.close();
    folder.remove();
  });

  it("are for the administrator, under the page's strict policy", async () => {
    expect((await get("/runbooks/P2_Example", "")).status).to.equal(401);
    expect((await get("/runbooks/P2_Example", bearer)).status).to.equal(401);
    const page = await get("/runbooks/P2_Example");
    expect(page.status).to.equal(200);
    expect(page.headers.get("content-security-policy")).to.match(/^default-src 'none';/);
    expect(await page.text())
      .to.include("<h1>Example</h1>")
      .and.to.include("<title>P2_Example – dev");
  });

  it("are pages of that folder only", async () => {
    for (const name of ["P2_Unknown", "..%2Foutside", "", "P2_Example.html"])
      expect((await get(`/runbooks/${name}`)).status, name).to.equal(404);
  });
});
