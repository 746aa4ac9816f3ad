/** HAProxy itself checks every kind of file that we render, by the loader that `up` runs. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type Result, until } from "../images/support";
import { tlsPair } from "../support/tlsPair";
import { type Program, toolBench } from "./support";

describe("haproxy.cfg and HAProxy", () => {
  const { program } = toolBench(["haproxy"]);
  const check = async (config: Readonly<Record<string, string>>): Promise<{ made: Program; result: Result }> => {
    const made = await program(config);
    expect(made.load("haproxy-secrets-loader").status).to.equal(0);
    return { made, result: made.load("haproxy-config-loader") };
  };
  const expectAccepted = ({ status, stdout, output }: Result): void => {
    expect(status, output).to.equal(0);
    expect(stdout).to.match(/^loaded release [0-9a-f]{16}$/);
    expect(output).not.to.match(/warning|alert/i);
  };

  for (const replicas of ["1", "3", "50"]) {
    it(`takes a file for ${replicas} replica${replicas === "1" ? "" : "s"} without a warning`, async () => {
      expectAccepted((await check({ replicas })).result);
    });
  }

  it("takes the user's own lines", async () => {
    const extra = "acl clinic src 192.0.2.0/24\nhttp-request deny deny_status 403 unless clinic\n";
    const { made, result } = await check({ haproxyExtra: extra });
    expectAccepted(result);
    expect(made.files("haproxy-config-loader")["haproxy.cfg"]).to.include("  acl clinic src 192.0.2.0/24\n");
  });

  it("refuses a wrong line of the user's in its own words, with the line's number", async () => {
    const { made, result } = await check({ haproxyExtra: "http-request denyy unless TRUE" });
    expect(result.status).to.equal(1);
    expect(result.output).to.match(/parsing \[haproxy\.cfg:\d+\].*'denyy'/s);
    expect(made.look("haproxy", "ls -A /config").stdout).to.equal("releases");
  });

  it("takes a certificate, starts with it and answers", async () => {
    const pair = tlsPair();
    try {
      const tls = { tlsCertificateFile: pair.certificateFile, tlsKeyFile: pair.keyFile };
      const { made, result } = await check(tls);
      expectAccepted(result);
      made.start("haproxy");
      await until("HAProxy answers", () => made.isWell("haproxy"), 30);
    } finally {
      pair.remove();
    }
  });

  it("refuses a certificate with another one's key, and does not print the key", async () => {
    const [one, other] = [tlsPair(), tlsPair()];
    try {
      // The settings refuse such a pair already; HAProxy must, too, should one ever come so far.
      const made = await program({ tlsCertificateFile: one.certificateFile, tlsKeyFile: one.keyFile });
      const files = made.files("haproxy-secrets-loader");
      const wrong = {
        ...files,
        "entry.pem": [one.certificateFile, other.keyFile].map((f) => readFileSync(f)).join(""),
      };
      expect(made.load("haproxy-secrets-loader", { files: wrong }).status).to.equal(0);
      const result = made.load("haproxy-config-loader");
      expect(result.status).to.equal(1);
      expect(result.output).to.match(/key/i).and.not.to.match(/BEGIN/);
      expect(made.files("haproxy-secrets-loader")["entry.pem"]).to.match(/BEGIN PRIVATE KEY/);
    } finally {
      one.remove();
      other.remove();
    }
  });
});
