import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { createSend } from "../src/outgoing";
import { Store } from "../src/store";
import { refusal, Trouble } from "../src/trouble";
import { Authority, type Pair } from "./certificates";

describe("trouble in words", () => {
  let authority: Authority;
  let other: Authority;
  const servers: Server[] = [];
  const closing: (() => void)[] = [];
  const requests: string[] = [];

  before(() => {
    authority = new Authority();
    other = new Authority();
  });
  after(() => {
    authority.remove();
    other.remove();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) close();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    requests.splice(0);
  });

  /** What becomes of a question to a server with this certificate. */
  async function ask(pair: Pair, host = "localhost"): Promise<Trouble | undefined> {
    const server = createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
      requests.push(request.headers.authorization ?? "");
      response.end("{}");
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return askAt(`https://${host}:${(server.address() as AddressInfo).port}`);
  }
  async function askAt(url: string): Promise<Trouble | undefined> {
    const { send, close } = createSend(authority.certificate);
    closing.push(close);
    const store = new Store({ url, caFile: "/tls/ca.crt", admin: "boss", passwords: { boss: "p" }, send });
    try {
      await store.get("/");
      return undefined;
    } catch (error) {
      return error instanceof Trouble ? error : expect.fail(String(error));
    }
  }

  it("is none with a certificate of the authority", async () => {
    expect(await ask(authority.sign(["DNS:localhost"]))).to.equal(undefined);
    expect(requests).to.deep.equal([`Basic ${Buffer.from("boss:p").toString("base64")}`]);
  });

  it("names another authority, an expired certificate and another name; no password is sent", async () => {
    const cases: [Pair, RegExp][] = [
      [other.sign(["DNS:localhost"]), /^The certificate of \S+ is not signed by the authority in \/tls\/ca\.crt \(/],
      [authority.sign(["DNS:localhost"], -1), /has expired \(CERT_HAS_EXPIRED\): no password is sent to it$/],
      [authority.sign(["DNS:elsewhere"]), /is not for the name localhost \(ERR_TLS_CERT_ALTNAME_INVALID\)/],
    ];
    for (const [pair, sentence] of cases) {
      const trouble = await ask(pair);
      expect(trouble?.message).to.match(sentence);
      expect(trouble?.kind).to.equal("locked");
    }
    expect(requests).to.deep.equal([]);
  });

  it("names a server that is not there, and one that does not speak TLS", async () => {
    const nobody = await askAt("https://localhost:1");
    expect(nobody?.message).to.equal("Elasticsearch does not answer at https://localhost:1 (ECONNREFUSED)");
    expect(nobody?.kind).to.equal("away");
    const plain = (await import("node:http")).createServer((_, response) => response.end());
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const trouble = await askAt(`https://localhost:${(plain.address() as AddressInfo).port}`);
    plain.close();
    expect(trouble?.message).to.match(/does not speak TLS as it should \((EPROTO|ERR_SSL\w+)\)$/);
  });

  it("tells refusals apart", () => {
    const because = (status: number, type = "", reason = ""): Trouble =>
      refusal({
        status,
        user: "boss",
        what: "PUT /x",
        body: type ? JSON.stringify({ error: { type, reason } }) : "<html>",
      });
    expect(because(401)).to.include({
      kind: "locked",
      message: "Elasticsearch refuses the password of boss (401)",
    });
    expect(because(403, "security_exception", "action [x] is unauthorized")).to.include({
      kind: "refused",
      message: "boss may not do this in Elasticsearch: PUT /x (403, security_exception: action [x] is unauthorized)",
    });
    expect(because(404)).to.include({ kind: "missing", message: "Elasticsearch does not have PUT /x (404)" });
    const block =
      "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];";
    expect(because(429, "cluster_block_exception", block)).to.include({ kind: "full" });
    expect(because(429, "circuit_breaking_exception", "Data too large")).to.include({ kind: "refused" });
    expect(because(503)).to.include({ kind: "away", message: "Elasticsearch is not ready (503)" });
    expect(because(400, "a", `${"long ".repeat(100)}\n`).message).to.have.length.at.most(400);
    expect(because(500).message).to.equal("Elasticsearch refuses PUT /x (500, without a reason)");
  });
});
