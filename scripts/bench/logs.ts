/** How soon a line is found, what a flood of lines costs, and how quick searches are over many of them. */
import { Agent, request } from "node:http";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { panelQueries } from "../../configs/kibana/queries";
import { labelKeys, logLabels } from "../../configs/labels";
import { ask } from "../../test/e2e/support/http";
import { LogStore } from "../../test/e2e/support/logStore";
import type { TestStack } from "../../test/e2e/support/testStack";
import { run } from "../setup/run";
import { readStatus } from "../stack/status";
import { type Finding, statistics } from "./report";
import { p95, wait } from "./timing";

const probes = 100;

/** From the answer to a request to the moment in which HAProxy's line about it is found. */
export async function timeToFind(stack: TestStack): Promise<Finding> {
  const store = await LogStore.of(stack);
  const times: number[] = [];
  for (let i = 0; i < probes; i++) {
    // What a client calls its request is not believed: the answer says what it is called here.
    const { headers } = await ask(stack.entryUrl, `/api/payment/${"0".repeat(32)}`);
    const id = String(headers["x-request-id"]);
    const start = performance.now();
    await wait(`the line of ${id}`, async () => (await store.find(`request_id:${id}`)).length > 0, 60, 50);
    times.push((performance.now() - start) / 1000);
    await sleep(Math.random() * 200);
  }
  return {
    what: `From a request's answer to its line being found, ${probes} times`,
    measured: `p95 ${p95(times).toFixed(2)} s, median ${statistics(times).median.toFixed(2)} s`,
    bound: "p95 ≤ 3 s",
    holds: p95(times) <= 3,
  };
}

/** Writes lines like the API's, so many a second; 0: as quick as it can. */
const generator = `
import json,random,sys,time
count,rate=int(sys.argv[1]),int(sys.argv[2])
start=time.monotonic()
for i in range(count):
    if rate and i%50==0:
        ahead=i/rate-(time.monotonic()-start)
        if ahead>0: sys.stdout.flush(); time.sleep(ahead)
    status=random.choice([200,200,200,200,201,404,503])
    print(json.dumps({"timestamp":time.strftime("%Y-%m-%dT%H:%M:%S.000Z",time.gmtime()),"level":"error" if status==503 else "info","message":"request","request_id":"%032x"%random.getrandbits(128),"method":random.choice(["GET","POST"]),"endpoint":random.choice(["/api/payment","/api/payment/:id","/ready"]),"status":status,"duration":round(random.expovariate(20),6),"remote_addr":"192.0.2.%d"%random.randint(1,254)}))
`;

/** Has a container of the stack write lines. @returns its service name */
async function flood(stack: TestStack, count: number, rate: number): Promise<string> {
  // The dashboards look at replicas: lines of anybody else would be no work for them.
  const service = `apiflood${count}`;
  const labels = { [labelKeys.stack]: stack.name, [labelKeys.service]: service, [labelKeys.role]: "service" };
  const name = `${stack.name}-${service}`;
  const image = (await run("docker", ["inspect", "--format", "{{.Image}}", stack.container("api")])).stdout.trim();
  await run("docker", [
    ...["run", "--detach", "--network=none", "--name", name, "--entrypoint", "python"],
    ...Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]),
    ...["--log-driver", "json-file", "--log-opt", `labels=${logLabels.join(",")}`],
    // All that is written here, so that what is measured is not what the engine threw away.
    ...["--log-opt", "max-size=1g", image, "-c", generator, String(count), String(rate)],
  ]);
  // Its file is there until the stack is taken down: what is not read yet must not go.
  await run("docker", ["wait", name], { timeLimitSeconds: 900 });
  return service;
}

/** Seconds of CPU that the first process of a service has used (proc(5): USER_HZ is 100). */
async function cpuSeconds(stack: TestStack, service: string): Promise<number> {
  const { stdout } = await run("docker", ["exec", stack.container(service), "cat", "/proc/1/stat"]);
  const [user = 0, system = 0] = stdout
    .slice(stdout.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return (user + system) / 100;
}

const steady = { rate: 1000, seconds: 300 };
const stored = 1_000_000;

/** A steady stream, then what is missing to a million lines, then the dashboards' searches over all of them. */
export async function manyLines(stack: TestStack): Promise<Finding[]> {
  const store = await LogStore.of(stack);
  const count = async (service: string): Promise<number> => {
    const body = { size: 0, track_total_hits: true, query: { term: { service } } };
    return ((await store.search(body)) as unknown as { hits: { total: { value: number } } }).hits.total.value;
  };
  const memoryOf = async (service: string): Promise<number> =>
    (await readStatus(stack.name)).find((s) => s.service === service)?.memory?.used ?? Number.NaN;
  const total = steady.rate * steady.seconds;

  const cpu = await cpuSeconds(stack, "filebeat");
  const start = performance.now();
  const memories: number[] = [];
  let over = false;
  const writing = flood(stack, total, steady.rate).finally(() => {
    over = true;
  });
  while (!over) {
    await sleep(5000);
    memories.push(await memoryOf("filebeat"));
  }
  const service = await writing;
  const share = ((await cpuSeconds(stack, "filebeat")) - cpu) / ((performance.now() - start) / 1000);
  await wait("all lines are there", async () => (await count(service)) >= total, 120);
  const behind = (performance.now() - start) / 1000 - steady.seconds;
  await sleep(5000); // what came twice would be there now
  const found = await count(service);
  const most = Math.max(...memories);

  const rest = await flood(stack, stored - total, 0);
  await wait("a million lines are there", async () => (await count(rest)) >= stored - total, 900);
  const to = new Date(Date.now() + 60_000);
  const times: number[] = [];
  let slowest = { panel: "", time: 0 };
  const queries = panelQueries({ from: new Date(to.getTime() - 3_600_000), to });
  for (const query of queries) {
    const own: number[] = [];
    for (let i = 0; i < 20; i++) {
      const before = performance.now();
      await store.search(query.body, query.streams);
      own.push((performance.now() - before) / 1000);
    }
    times.push(p95(own));
    if (p95(own) > slowest.time) slowest = { panel: query.panel, time: p95(own) };
  }
  const elastic = await memoryOf("elasticsearch");
  return [
    {
      what: `${steady.rate} lines a second for ${steady.seconds} s`,
      measured: `${found} of ${total} there, the last ${behind.toFixed(0)} s after it was due`,
      bound: "all, none twice",
      holds: found === total,
    },
    {
      what: "Filebeat meanwhile",
      measured: `at most ${most.toFixed(0)} MiB, ${(share * 100).toFixed(0)} % of one core`,
      bound: "≤ 128 MiB, ≤ 50 %",
      holds: most <= 128 && share <= 0.5,
    },
    {
      what: `Each of the ${queries.length} dashboard queries over ${stored.toLocaleString("en")} lines, 20 times`,
      measured: `p95 at most ${slowest.time.toFixed(2)} s (${slowest.panel})`,
      bound: "p95 ≤ 1 s each",
      holds: times.every((t) => t <= 1),
    },
    {
      what: "Elasticsearch after that, heap 512 MiB",
      measured: `${elastic.toFixed(0)} MiB`,
      bound: "≤ 1,331 MiB",
      holds: elastic <= 1331,
    },
  ];
}

const clients = 16;
const round = 8000;

/** Requests a second that the entry answers to clients which ask as soon as they have their answer. */
async function throughput(stack: TestStack): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const end = performance.now() + round;
  let answered = 0;
  const once = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const call = request(`${stack.entryUrl}/api/payment/${"0".repeat(32)}`, { agent }, (response) => {
        response.resume().on("end", () => {
          answered++;
          resolve();
        });
      });
      call.on("error", reject);
      call.end();
    });
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end) await once();
    }),
  );
  agent.destroy();
  return answered / (round / 1000);
}

/** What the API loses to the shipping of its lines: with Filebeat, and with Filebeat held, in turn. */
export async function costOfShipping(stack: TestStack): Promise<Finding> {
  const [withIt, without]: [number[], number[]] = [[], []];
  await throughput(stack); // warm
  for (let i = 0; i < 5; i++) {
    withIt.push(await throughput(stack));
    await run("docker", ["pause", stack.container("filebeat")]);
    without.push(await throughput(stack));
    await run("docker", ["unpause", stack.container("filebeat")]);
    await sleep(5000); // it catches up
  }
  const [shipped, held] = [statistics(withIt).median, statistics(without).median];
  const lost = 1 - shipped / held;
  return {
    what: "Requests a second with Filebeat against without, 5 rounds each in turn",
    measured: `${shipped.toFixed(0)} against ${held.toFixed(0)}: ${(lost * 100).toFixed(1)} % less`,
    bound: "≤ 3 % less",
    holds: lost <= 0.03,
  };
}
