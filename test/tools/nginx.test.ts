/** Nginx itself checks every kind of file that we render, by the loader that `up` runs. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type Result, until } from "../images/support";
import { tlsPair } from "../support/tlsPair";
import { type Program, toolBench } from "./support";

describe("nginx.conf and Nginx", () => {
  const { program } = toolBench(["frontend"]);
  const expectAccepted = ({ status, output }: Result): void => {
    expect(status, output).to.equal(0);
    expect(output).to.match(/^loaded release [0-9a-f]{16}$/);
  };
  const expectServes = async (made: Program): Promise<void> => {
    made.start("frontend");
    await until("Nginx answers", () => made.isWell("frontend"), 30);
  };

  it("takes the plain file, starts with it and answers", async () => {
    const made = await program();
    expectAccepted(made.load("frontend-config-loader"));
    await expectServes(made);
  });

  it("takes the file with TLS, starts with it and answers", async () => {
    const pair = tlsPair();
    try {
      const made = await program({ tlsCertificateFile: pair.certificateFile, tlsKeyFile: pair.keyFile });
      expectAccepted(made.load("frontend-secrets-loader"));
      expectAccepted(made.load("frontend-config-loader"));
      await expectServes(made);
    } finally {
      pair.remove();
    }
  });

  it("refuses a wrong file in its own words, with the line's number", async () => {
    const made = await program();
    const text = made.files("frontend-config-loader")["nginx.conf"] ?? "";
    const result = made.load("frontend-config-loader", {
      files: { "nginx.conf": text.replace("sendfile on;", "sendfiles on;") },
    });
    expect(result.status).to.equal(1);
    expect(result.output).to.match(/unknown directive "sendfiles" in \S*nginx\.conf:\d+/);
    expect(made.look("frontend", "ls -A /config").stdout).to.equal("releases");
  });

  it("refuses a certificate with another one's key, and does not print the key", async () => {
    const [one, other] = [tlsPair(), tlsPair()];
    try {
      // The settings refuse such a pair already; Nginx must, too, should one ever come so far.
      const made = await program({ tlsCertificateFile: one.certificateFile, tlsKeyFile: one.keyFile });
      const files = { ...made.files("frontend-secrets-loader"), "tls.key": readFileSync(other.keyFile, "utf8") };
      expectAccepted(made.load("frontend-secrets-loader", { files }));
      const result = made.load("frontend-config-loader");
      expect(result.status).to.equal(1);
      expect(result.output)
        .to.match(/key values mismatch/)
        .and.not.to.match(/BEGIN/);
    } finally {
      one.remove();
      other.remove();
    }
  });
});
