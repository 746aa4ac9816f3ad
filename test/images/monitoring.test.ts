/** The offline images of the monitoring programs, run as the platform runs them. */
import { expect } from "chai";
import { type ImageName, images } from "../../configs/images";
import { imageBench, type Result, tryDocker, until } from "./support";

/** What an image of one program keeps of upstream's. */
interface Contract {
  readonly program: string;
  /** What the image sets; root if it sets nothing. */
  readonly user: string;
  /** Who runs it here. */
  readonly owner: string;
  readonly port: number;
  readonly health: string;
  /** How it ends when it is told to: some handle the signal, some die of it. */
  readonly end?: number;
  /** A line that only this program serves. */
  readonly metric: RegExp;
  /** Other programs that come with it, of the same version. */
  readonly tools?: readonly string[];
}

const nobody = { user: "nobody", owner: "65534:65534", health: "/-/healthy" };
const contracts = {
  prometheus: {
    ...nobody,
    program: "/bin/prometheus",
    port: 9090,
    metric: /^prometheus_tsdb_head_series \d/m,
    tools: ["/bin/promtool"],
  },
  alertmanager: {
    ...nobody,
    program: "/bin/alertmanager",
    port: 9093,
    metric: /^alertmanager_alerts\{/m,
    tools: ["/bin/amtool"],
  },
  pushgateway: {
    ...nobody,
    user: "65534",
    program: "/bin/pushgateway",
    port: 9091,
    metric: /^pushgateway_build_info\{/m,
  },
  nodeExporter: {
    ...nobody,
    program: "/bin/node_exporter",
    port: 9100,
    health: "/",
    end: 128 + 15,
    metric: /^node_memory_MemAvailable_bytes \d/m,
  },
  blackboxExporter: {
    ...nobody,
    user: "",
    program: "/bin/blackbox_exporter",
    port: 9115,
    metric: /^blackbox_exporter_config_last_reload_successful 1$/m,
  },
} as const satisfies Partial<Record<ImageName, Contract>>;
type Name = keyof typeof contracts;
const names = Object.keys(contracts) as Name[];

describe("offline images of monitoring programs", function () {
  this.timeout(300_000);
  const { answers, exec, image, once, start, stop, volumeWith } = imageBench(names);
  const asked = (container: string, name: Name, path: string, ...options: string[]): Result =>
    tryDocker([
      ...["exec", container, "wget", "-q", "-T", "5", "-O", "-", ...options],
      `http://127.0.0.1:${contracts[name].port}${path}`,
    ]);
  const started = async (name: Name, options: readonly string[] = [], args: readonly string[] = []) => {
    const container = start(name, ["--user", contracts[name].owner, ...options], args);
    const { health } = contracts[name];
    await until(`${name} is well`, () => asked(container, name, health).status === 0, 60);
    return container;
  };
  const postTo = (container: string, name: Name, path: string, text: string): Result =>
    asked(container, name, path, "--post-data", text);

  for (const name of names) {
    const contract: Contract = contracts[name];
    it(`${name}: runs as its own user on a read-only root, is well, serves metrics, stops`, async () => {
      const container = await started(name);
      expect(exec(container, "stat", "-c", "%u:%g", "/proc/1")).to.equal(contract.owner);
      expect(exec(container, "sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline").split(" ")[0]).to.equal(contract.program);
      expect(asked(container, name, "/metrics").stdout).to.match(contract.metric);
      expect(stop(container)).to.equal(contract.end ?? 0);
    });

    it(`${name}: user, port and version are upstream's`, () => {
      const pinned = images[name];
      const version = pinned.kind === "upstream" ? pinned.tag.replace(/^v/, "") : "";
      for (const program of [contract.program, ...(contract.tools ?? [])]) {
        const said = once(name, ["--user", contract.owner, "--entrypoint", program], ["--version"]);
        expect(said.output).to.match(new RegExp(`version ${version.replaceAll(".", "\\.")} `));
      }
      const format = "{{.Config.User}} {{json .Config.ExposedPorts}}";
      const said = tryDocker(["image", "inspect", "--format", format, image(name)]).stdout;
      expect(said).to.equal(`${contract.user} {"${contract.port}/tcp":{}}`.trim());
    });
  }

  it("prometheus: promtool checks a file and its rules; the program takes new ones when it is told to", async () => {
    const files = {
      "prometheus.yml": [
        "global: { evaluation_interval: 1s }",
        "rule_files: [rules.yml]",
        "storage: { tsdb: { retention: { time: 2d, size: 100MB } } }\n",
      ].join("\n"),
      "rules.yml": "groups: [{ name: g, rules: [{ record: one, expr: vector(1) }] }]\n",
    };
    const config = volumeWith("prometheus", "65534:65534", files);
    const mount = ["-v", `${config}:/etc/prometheus:ro`];
    const check = (option: readonly string[]): Result =>
      once(
        "prometheus",
        [...option, "--user", "65534:65534", "--entrypoint", "promtool"],
        [...["check", "config", "/etc/prometheus/prometheus.yml"]],
      );
    expect(check(mount).output).to.match(/SUCCESS: 1 rules found/);
    const wrong = volumeWith("prometheus", "65534:65534", {
      ...files,
      "rules.yml": "groups: [{ name: g, rule: [] }]\n",
    });
    expect(check(["-v", `${wrong}:/etc/prometheus:ro`]).status).to.equal(1);

    const args = ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"];
    const container = await started("prometheus", mount, [...args, "--web.enable-lifecycle"]);
    expect(postTo(container, "prometheus", "/-/reload", "").status).to.equal(0);
    await until("the recorded value", () =>
      /"value":\[[\d.]+,"1"\]/.test(asked(container, "prometheus", "/api/v1/query?query=one").stdout),
    );
  });

  it("alertmanager: amtool checks a file and shows an alert that came in; a wrong file is refused", async () => {
    const config = volumeWith("alertmanager", "65534:65534", {
      "alertmanager.yml": [
        "route: { receiver: night, routes: [{ mute_time_intervals: [night] }] }",
        "receivers: [{ name: night }]",
        "time_intervals: [{ name: night, time_intervals: [{ location: Europe/Berlin }] }]\n",
      ].join("\n"),
      "wrong.yml": "route: { receiver: nowhere }\n",
    });
    const mount = ["-v", `${config}:/etc/alertmanager:ro`];
    const container = await started("alertmanager", mount);
    const amtool = (...args: string[]): Result => tryDocker(["exec", container, "amtool", ...args]);
    expect(amtool("check-config", "/etc/alertmanager/alertmanager.yml").status).to.equal(0);
    expect(amtool("check-config", "/etc/alertmanager/wrong.yml").status).not.to.equal(0);
    const url = "--alertmanager.url=http://127.0.0.1:9093";
    expect(amtool("alert", "add", "Fire", "room=1", url).status).to.equal(0);
    await until("the alert", () => /Fire/.test(amtool("alert", "query", url).stdout), 30);
    expect(postTo(container, "alertmanager", "/-/reload", "").status).to.equal(0);
  });

  it("pushgateway: keeps what was pushed over a restart, given a file for it", async () => {
    const file = ["--persistence.file=/pushgateway/metrics"];
    const container = await started("pushgateway", ["--mount", "type=volume,dst=/pushgateway"], file);
    expect(postTo(container, "pushgateway", "/metrics/job/backup", "backup_bytes 7\n").status).to.equal(0);
    expect(stop(container)).to.equal(0);
    tryDocker(["start", container]);
    await until("well again", () =>
      answers(container, "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9091/-/ready"),
    );
    expect(asked(container, "pushgateway", "/metrics").stdout).to.match(
      /^backup_bytes\{instance="",job="backup"\} 7$/m,
    );
  });

  it("blackboxExporter: probes over HTTP and TCP", async () => {
    const container = await started("blackboxExporter");
    for (const [module, target] of [
      ["http_2xx", "http://127.0.0.1:9115/-/healthy"],
      ["tcp_connect", "127.0.0.1:9115"],
    ]) {
      const said = asked(container, "blackboxExporter", `/probe?module=${module}&target=${target}`).stdout;
      expect(said).to.match(/^probe_success 1$/m);
    }
  });
});
