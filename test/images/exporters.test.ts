/**
 * The offline images of the exporters that ask another program, each against the real one: it can log in with the account
 * that is made for it, by a password in a file, and what it may do suffices.
 */
import { expect } from "chai";
import type { ImageName } from "../../configs/images";
import { renderAccounts, sqlAccounts } from "../../configs/mysql";
import { redisAccounts, renderUsers } from "../../configs/redis";
import { imageBench, type Result, tryDocker, until } from "./support";

describe("offline images of exporters", function () {
  this.timeout(300_000);
  const { exec, image, logs, once, start, stop, volume, volumeWith } = imageBench([
    "mysql",
    "mysqldExporter",
    "redis",
    "redisExporter",
    "nginx",
    "nginxExporter",
    "cadvisor",
  ]);
  const metrics = (container: string, port: number, path = "/metrics"): Result =>
    tryDocker(["exec", container, "wget", "-q", "-T", "10", "-O", "-", `http://127.0.0.1:${port}${path}`]);
  /** Starts an exporter in the network of another container, and waits until it serves a line. */
  const beside = async (
    other: string,
    name: ImageName,
    port: number,
    line: RegExp,
    options: string[],
    args: string[],
  ) => {
    const container = start(name, ["--network", `container:${other}`, ...options], args);
    await until(`${name} serves ${line}`, () => line.test(metrics(container, port).stdout), 60).catch(
      (error: unknown) => {
        throw new Error(`${error}\n${logs(container).slice(-2000)}`);
      },
    );
    return container;
  };
  const setUp = (name: ImageName): string =>
    tryDocker(["image", "inspect", "--format", "{{.Config.User}} {{json .Config.ExposedPorts}}", image(name)]).stdout;

  it("mysqldExporter: logs in with the account for metrics, by a file of its own", async () => {
    const word = (name: string) => `${name}Password1`;
    const accounts = renderAccounts({
      root: word("root"),
      app: word("app"),
      migrate: word("migrate"),
      backup: word("backup"),
      metrics: word("metrics"),
    });
    const secrets = volumeWith("mysql", "999:999", { root: word("root"), "accounts.sql": accounts });
    const server = start(
      "mysql",
      [
        ...["--user", "999:999", "--tmpfs", "/tmp", "--tmpfs", "/var/run/mysqld:uid=999,gid=999"],
        ...["-v", `${volume()}:/var/lib/mysql`, "-v", `${secrets}:/run/secrets:ro`],
        ...["-e", "MYSQL_ROOT_PASSWORD_FILE=/run/secrets/root", "-e", "MYSQL_INITDB_SKIP_TZINFO=1"],
      ],
      ["--init-file=/run/secrets/accounts.sql", "--skip-name-resolve"],
    );
    const login = `[client]\nhost=127.0.0.1\nport=3306\nuser=${sqlAccounts.metrics.user}\npassword=${word("metrics")}\n`;
    const files = volumeWith("mysqldExporter", "65534:65534", { "my.cnf": login });
    const options = ["--user", "65534:65534", "-v", `${files}:/etc/mysqld-exporter:ro`];
    // There is no replica to ask about, and MariaDB wants a right of its own for it.
    const args = ["--config.my-cnf=/etc/mysqld-exporter/my.cnf", "--no-collect.slave_status"];
    const container = await beside(server, "mysqldExporter", 9104, /^mysql_up 1$/m, options, args);
    const served = metrics(container, 9104).stdout;
    expect(served).to.match(/^mysql_global_status_threads_connected \d/m);
    expect(served).to.match(/^mysql_global_variables_max_connections \d/m);
    // Every collector that is on by default succeeds with the rights of the account.
    expect(served.split("\n").filter((l) => /^mysql_exporter_collector_success\{.*\} 0$/.test(l))).to.deep.equal([]);
    expect(exec(container, "stat", "-c", "%u:%g", "/proc/1")).to.equal("65534:65534");
    expect(setUp("mysqldExporter")).to.equal('nobody {"9104/tcp":{}}');
    expect(once("mysqldExporter", ["--entrypoint", "/bin/mysqld_exporter"], ["--version"]).status).to.equal(0);
  });

  it("redisExporter: logs in with the account for metrics, by a file of its own", async () => {
    const { user } = redisAccounts.metrics;
    const acl = volumeWith("redis", "999:1000", {
      "users.acl": renderUsers({ app: "appWord", metrics: "metricsWord" }),
    });
    const server = start(
      "redis",
      ["--user", "999:1000", "-v", `${volume()}:/data`, "-v", `${acl}:/etc/redis:ro`],
      ["redis-server", "--aclfile", "/etc/redis/users.acl"],
    );
    const passwords = JSON.stringify({ [`redis://${user}@127.0.0.1:6379`]: "metricsWord" });
    const files = volumeWith("redisExporter", "59000:59000", { "passwords.json": passwords });
    const variables = {
      REDIS_ADDR: "redis://127.0.0.1:6379",
      REDIS_USER: user,
      REDIS_PASSWORD_FILE: "/etc/redis-exporter/passwords.json",
      // Else it tries two commands that the account may not use.
      REDIS_EXPORTER_SET_CLIENT_NAME: "false",
      REDIS_EXPORTER_EXCLUDE_LATENCY_HISTOGRAM_METRICS: "true",
    };
    const options = [
      ...["--user", "59000:59000", "-v", `${files}:/etc/redis-exporter:ro`],
      ...Object.entries(variables).flatMap(([name, value]) => ["-e", `${name}=${value}`]),
    ];
    const container = await beside(server, "redisExporter", 9121, /^redis_up 1$/m, options, []);
    const served = metrics(container, 9121).stdout;
    expect(served).to.match(/^redis_memory_used_bytes \d/m);
    expect(served).to.match(/^redis_slowlog_length 0$/m);
    expect(served).to.match(/^redis_exporter_last_scrape_error\{err=""\} 0$/m);
    expect(metrics(container, 9121, "/health").stdout).to.equal("ok");
    // SLOWLOG GET shows the values of slow commands: payments. The account may not, and the exporter lives with it.
    const refused = [
      ...metrics(container, 9121).stdout.matchAll(/^redis_commands_rejected_calls_total\{cmd="(.*?)"\} [1-9]/gm),
    ];
    expect(new Set(refused.map(([, command]) => command))).to.deep.equal(new Set(["slowlog|get"]));
    expect(logs(container)).not.to.match(/NOPERM|err/i);
    expect(exec(container, "stat", "-c", "%u:%g", "/proc/1")).to.equal("59000:59000");
    expect(setUp("redisExporter")).to.equal('59000:59000 {"9121/tcp":{}}');
    expect(once("redisExporter", ["--entrypoint", "/redis_exporter"], ["--version"]).status).to.equal(0);
  });

  it("nginxExporter: reads Nginx's own counters", async () => {
    const site = "server { listen 8080; location = /status { stub_status; access_log off; } }\n";
    const config = volumeWith("nginx", "101:101", { "default.conf": site });
    const options = ["--user", "101:101", "--tmpfs", "/tmp", "-v", `${config}:/etc/nginx/conf.d:ro`];
    const server = start("nginx", options);
    const container = start(
      "nginxExporter",
      ["--network", `container:${server}`, "--user", "1001:1001"],
      ["--nginx.scrape-uri=http://127.0.0.1:8080/status"],
    );
    // Upstream's image has no program that could ask: another container of the network does.
    await until("nginx_up", () => /^nginx_up 1$/m.test(metrics(server, 9113).stdout), 30);
    expect(metrics(server, 9113).stdout).to.match(/^nginx_connections_active \d/m);
    // What a health check can run on upstream's image as well.
    const said = tryDocker(["exec", container, "/usr/bin/nginx-prometheus-exporter", "--version"]);
    expect(said.status).to.equal(0);
    expect(said.output).to.match(/version 1\.5\.1 /);
    expect(setUp("nginxExporter")).to.equal("1001:1001 null");
    expect(stop(container)).to.equal(0);
  });

  it("cadvisor: tells containers by name, with memory, processor and network", async () => {
    const container = start(
      "cadvisor",
      [...cadvisorMounts],
      [
        ...["--docker_only=true", "--store_container_labels=false", "--housekeeping_interval=1s"],
        "--whitelisted_container_labels=medassist.stack,medassist.service",
      ],
    );
    const named = (metric: string) => new RegExp(`^${metric}\\{[^}]*name="${container}"[^}]*\\} [\\d.e+]+`, "m");
    await until("itself", () => named("container_memory_working_set_bytes").test(metrics(container, 8080).stdout), 60);
    const served = metrics(container, 8080).stdout;
    for (const metric of [
      "container_cpu_usage_seconds_total",
      "container_oom_events_total",
      "container_network_receive_bytes_total",
      "container_fs_usage_bytes",
      "container_start_time_seconds",
    ])
      expect(served).to.match(named(metric));
    expect(metrics(container, 8080, "/healthz").stdout).to.equal("ok");
    expect(stop(container)).to.equal(0);
  });
});

/**
 * Views of the engine and of the kernel's counters. Not the whole file system of the host, as its documentation has it:
 * it wants the processes (for the network's counters) and Docker's folder where they would be in there. /dev/kmsg tells
 * of processes killed for want of memory.
 */
const cadvisorMounts = [
  "/proc:/rootfs/proc:ro",
  "/var/lib/docker:/rootfs/var/lib/docker:ro",
  "/var/lib/docker:/var/lib/docker:ro",
  "/var/run:/var/run:ro",
  "/sys:/sys:ro",
]
  .flatMap((mount) => ["-v", mount])
  .concat(["--cap-add", "SYSLOG", "--device", "/dev/kmsg"]);
