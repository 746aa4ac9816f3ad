/** Kibana's configuration, and the import of its dashboards, against a server that answers as Kibana does. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { load } from "js-yaml";
import { importCommand, renderKibanaYml, renderLogin } from "../../configs/kibana/kibanaYml";
import { renderSavedObjects } from "../../configs/kibana/savedObjects";

describe("kibana.yml", () => {
  const key = "k".repeat(32);
  const input = {
    stack: "zebra",
    elasticsearchUrl: "https://elasticsearch:9200",
    password: 'quo"te: #1',
    authorityFile: "/secrets/current/ca.crt",
    publicUrl: "http://127.0.0.1:5601",
    keys: { security: key, savedObjects: key, reporting: key },
  };

  it("logs in as Kibana's own user, over TLS that is checked, and asks nothing of the internet", () => {
    const config = load(renderKibanaYml(input)) as Record<string, unknown>;
    expect(config).to.deep.include({
      "elasticsearch.hosts": ["https://elasticsearch:9200"],
      "elasticsearch.username": "kibana_system",
      "elasticsearch.password": 'quo"te: #1',
      "elasticsearch.ssl.certificateAuthorities": ["/secrets/current/ca.crt"],
      "elasticsearch.ssl.verificationMode": "full",
      "telemetry.optIn": false,
      "newsfeed.enabled": false,
      "server.publicBaseUrl": "http://127.0.0.1:5601",
    });
  });

  it("refuses a key that is too short for Kibana", () => {
    expect(() => renderKibanaYml({ ...input, keys: { ...input.keys, reporting: "short" } })).to.throw(
      "Kibana's key reporting has 5 characters, 32 are needed",
    );
  });
});

describe("the import into Kibana", () => {
  /** Runs the import against a server that gives these answers, one after the other. */
  async function imported(answers: readonly { status: number; body: string }[]) {
    const asked: { url: string; login: string; xsrf: string; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const { authorization = "", "kbn-xsrf": xsrf = "" } = request.headers;
        const login = Buffer.from(authorization.replace("Basic ", ""), "base64").toString();
        asked.push({ url: request.url ?? "", login, xsrf: String(xsrf), body });
        const answer = answers[Math.min(asked.length, answers.length) - 1];
        response.writeHead(answer?.status ?? 500).end(answer?.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const folder = mkdtempSync(join(tmpdir(), "kibana-"));
    writeFileSync(join(folder, "login"), renderLogin("admin", 'p"wx\\yz'));
    writeFileSync(join(folder, "dashboards.ndjson"), renderSavedObjects());
    const command = importCommand({
      login: join(folder, "login"),
      objects: join(folder, "dashboards.ndjson"),
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
    // The test does not wait as long as a container would.
    const [program = "", ...args] = command.map((part) =>
      part.replace(/sleep \d+/, "sleep 0").replace("seq 60", "seq 3"),
    );
    const child = spawn(program, args);
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
    server.close();
    rmSync(folder, { recursive: true });
    return { status, said, asked, command };
  }
  const good = '{"successCount":6,"success":true,"warnings":[],"successResults":[]}';

  it("waits for Kibana, then sends all objects as a file, as somebody who may, and replaces what is there", async () => {
    const { status, asked, command, said } = await imported([
      { status: 503, body: "Kibana server is not ready yet" },
      { status: 401, body: '{"statusCode":401}' },
      { status: 200, body: good },
    ]);
    expect(status, said).to.equal(0);
    expect(asked).to.have.length(3);
    expect(asked[2]).to.include({
      url: "/api/saved_objects/_import?overwrite=true",
      login: 'admin:p"wx\\yz',
      xsrf: "import",
    });
    expect(asked[2]?.body)
      .to.include('filename="dashboards.ndjson"')
      .and.to.include(renderSavedObjects().split("\n")[0]);
    expect(command.join(" ")).not.to.include("wx");
  });

  it("does not believe a 200 that says that it failed", async () => {
    const body =
      '{"successCount":5,"success":false,"errors":[{"id":"medassist-logs","error":{"type":"missing_references"}}]}';
    const { status, said, asked } = await imported([{ status: 200, body }]);
    expect(status).to.equal(1);
    expect(asked).to.have.length(1);
    expect(said).to.include("missing_references");
  });

  it("gives up in words when Kibana never gets ready", async () => {
    const { status, said } = await imported([{ status: 503, body: "Kibana server is not ready yet" }]);
    expect(status).to.equal(1);
    expect(said).to.equal("Kibana did not take the dashboards: Kibana server is not ready yet\n");
  });
});
