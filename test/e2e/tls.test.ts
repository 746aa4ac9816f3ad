/** The user's own certificate on both public ports, and its renewal without a restart. */
import { X509Certificate } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { run } from "../../scripts/setup/run";
import { type TlsFiles, tlsPair } from "../support/tlsPair";
import { identities, inside } from "./support/engine";
import { ask, pay, paymentId, until } from "./support/http";
import { stackTrace, TestStack } from "./support/testStack";

describe("a stack with a certificate of its own", () => {
  const pairs: TlsFiles[] = [];
  let stack: TestStack;
  let files: TlsFiles;
  let ways: { entry: string; app: string };

  const newPair = (): TlsFiles => {
    const pair = tlsPair();
    pairs.push(pair);
    return pair;
  };
  /** What stands in the certificate file now. */
  const certificate = (): string => readFileSync(files.certificateFile, "utf8");
  /** Fingerprint of the certificate that a port shows. */
  const shown = async (base: string): Promise<string | undefined> =>
    (await ask(base, "/", { trustAny: true })).certificate;

  before("up", async () => {
    files = newPair();
    stack = await TestStack.create("tls", { tlsCertificateFile: files.certificateFile, tlsKeyFile: files.keyFile });
    ways = {
      entry: `https://127.0.0.1:${stack.ports.entry}`,
      app: `https://127.0.0.1:${stack.ports.frontend}`,
    };
    const { output } = await stack.up();
    expect(output).to.contain(ways.app).and.to.contain(ways.entry);
  });
  after(async () => {
    await stack.destroy();
    for (const pair of pairs) pair.remove();
  });

  it("takes payments by HTTPS, with that certificate, on both ports", async () => {
    for (const [name, base] of Object.entries(ways)) {
      const paid = await pay(base, `tls-${name}`, undefined, certificate());
      expect(paid.status, paid.body).to.equal(201);
      const read = await ask(base, `/api/payment/${paymentId(paid)}`, { trust: certificate() });
      expect(read.status).to.equal(200);
    }
    const page = await ask(ways.app, "/", { trust: certificate() });
    expect(page.status).to.equal(200);
    expect(page.headers["strict-transport-security"]).to.match(/^max-age=\d+/);
  });

  it("takes nothing by plain HTTP", async () => {
    for (const base of [stack.entryUrl, stack.appUrl]) {
      const status = await pay(base, "tls-plain").then(
        (answer) => answer.status,
        () => "no answer",
      );
      expect(status, base).to.be.oneOf(["no answer", 301, 308, 400]);
    }
    expect(await stack.sql("SELECT COUNT(*) FROM medassist.payment WHERE idempotency_key = 'tls-plain'")).to.equal("0");
  });

  it("keeps the key from everyone but the two programs that need it", async () => {
    for (const [service, uid] of [
      ["haproxy", 99],
      ["frontend", 101],
    ] as const) {
      const list = await inside(stack, service, "sh", "-c", "stat -c '%a %u' /secrets/current/*");
      expect(new Set(list.trim().split("\n")), service).to.deep.equal(new Set([`400 ${uid}`]));
    }
  });

  it("takes a renewed certificate up without a restart of either program", async () => {
    const before = await identities(stack);
    const renewal = newPair();
    copyFileSync(renewal.certificateFile, files.certificateFile);
    copyFileSync(renewal.keyFile, files.keyFile);
    await stack.up();
    const expected = new X509Certificate(certificate()).fingerprint256;
    for (const base of Object.values(ways)) {
      await until(`${base} shows the new certificate`, async () => (await shown(base)) === expected, 30);
      expect((await pay(base, `tls-renewed-${base}`, undefined, certificate())).status).to.equal(201);
    }
    expect(await identities(stack)).to.deep.equal(before);
  });

  it("refuses a certificate whose key is another's, and keeps serving with the good one", async () => {
    const expected = new X509Certificate(certificate()).fingerprint256;
    copyFileSync(newPair().keyFile, files.keyFile);
    const { code, output } = await stack.run("up");
    expect(code).not.to.equal(0);
    expect(output).to.contain("tlsKeyFile");
    expect(output).not.to.match(stackTrace);
    // A program that is started again, for whatever reason, finds a pair that it can use.
    for (const service of ["haproxy", "frontend"]) await run("docker", ["restart", stack.container(service)]);
    for (const base of Object.values(ways)) {
      await until(`${base} answers`, async () => (await shown(base).catch(() => "no answer")) === expected, 30);
    }
  });
});
