import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { renderMetrics } from "../src/metrics";
import { createHttpServer } from "../src/server";

describe("the keeper over HTTP", () => {
  let problems: string[] = [];
  const server = createHttpServer({ metrics: () => "x 1\n", problems: () => problems });
  let url = "";
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const ask = async (path: string, method = "GET"): Promise<[number, string]> => {
    const answer = await fetch(url + path, { method, ...(method === "POST" ? { body: "x" } : {}) });
    return [answer.status, await answer.text()];
  };

  it("is ready only when nothing is wrong, and says what is", async () => {
    problems = ["Elasticsearch does not answer", "the disk is full"];
    expect(await ask("/ready")).to.deep.equal([
      503,
      "not ready: Elasticsearch does not answer\nnot ready: the disk is full\n",
    ]);
    expect(await ask("/healthz")).to.deep.equal([200, "ok\n"]);
    problems = [];
    expect(await ask("/ready?x=1")).to.deep.equal([200, "ready\n"]);
    expect(await ask("/ready", "HEAD")).to.deep.equal([200, ""]);
  });

  it("has metrics, and nothing else", async () => {
    expect(await ask("/metrics")).to.deep.equal([200, "x 1\n"]);
    expect((await ask("/"))[0]).to.equal(404);
    expect((await ask("/ready", "POST"))[0]).to.equal(405);
  });
});

describe("metrics", () => {
  it("are Prometheus' text, with help, values and labels escaped", () => {
    const text = renderMetrics([
      {
        name: "a",
        type: "gauge",
        help: "x\\y\nz",
        samples: [{ labels: { l: 'q"\\\n' }, value: 0.5 }, { value: 1e21 }],
      },
      { name: "b", type: "counter", help: "none yet", samples: [] },
    ]);
    expect(text).to.equal(
      '# HELP a x\\\\y\\nz\n# TYPE a gauge\na{l="q\\"\\\\\\n"} 0.5\na 1e+21\n# HELP b none yet\n# TYPE b counter\n',
    );
  });
});
