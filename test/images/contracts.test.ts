/**
 * The offline images keep the contracts of the images which they stand in for. Each runs here as the platform runs it:
 * its own user, read-only root, no capability, no new privileges. Needs a Docker engine; the images are built first.
 */
import { expect } from "chai";
import { docker, imageBench, type Result, tryDocker, until } from "./support";

describe("offline images", function () {
  this.timeout(300_000);
  const { answers, containers, exec, image, logs, once, start, stop, unique, volume, volumeWith } = imageBench([
    "python",
    "redis",
    "haproxy",
    "nginx",
  ]);

  describe("redis", () => {
    const asPlatform = ["--user", "999:1000"];
    const cli = (container: string, user: string, password: string, ...args: string[]): string =>
      docker([
        "exec",
        "-e",
        `REDISCLI_AUTH=${password}`,
        container,
        "redis-cli",
        "--no-auth-warning",
        "--user",
        user,
        ...args,
      ]);

    it("takes users from an ACL file and keeps what was written when it is killed", async () => {
      const config = volumeWith("redis", "999:1000", {
        "redis.conf": "aclfile /etc/redis/users.acl\nappendonly yes\nappendfsync always\ndir /data\n",
        "users.acl": "user default off\nuser app on >secret ~* &* +@all\n",
      });
      const options = [...asPlatform, "-v", `${config}:/etc/redis:ro`, "-v", `${volume()}:/data`];
      const container = start("redis", options, ["redis-server", "/etc/redis/redis.conf"]);
      const ready = (): Promise<void> =>
        until("PONG", () => cli(container, "app", "secret", "PING").endsWith("PONG"), 30);
      await ready();
      expect(exec(container, "stat", "-c", "%u:%g", "/proc/1", "/data")).to.equal("999:1000\n999:1000");
      expect(cli(container, "app", "secret", "SET", "k", "v")).to.equal("OK");
      expect(exec(container, "redis-cli", "GET", "k")).to.match(/^NOAUTH/);
      docker(["kill", container]);
      docker(["start", container]);
      await ready();
      expect(cli(container, "app", "secret", "GET", "k")).to.equal("v");
      expect(stop(container)).to.equal(0);
    });

    it("has protected mode off unless it is configured, as upstream's", async () => {
      for (const [args, expected] of [
        [[], "no"],
        [["--save", ""], "no"],
        [["--protected-mode", "yes"], "yes"],
      ] as const) {
        const container = start("redis", [...asPlatform, "-v", `${volume()}:/data`], ["redis-server", ...args]);
        await until("PONG", () => answers(container, "redis-cli", "PING"), 30);
        expect(exec(container, "redis-cli", "CONFIG", "GET", "protected-mode")).to.equal(`protected-mode\n${expected}`);
      }
    });
  });

  describe("haproxy", () => {
    const good = [
      "global",
      "  log stdout format raw local0",
      "defaults",
      "  mode http",
      "  timeout connect 1s",
      "  timeout client 5s",
      "  timeout server 5s",
      "frontend entry",
      "  bind :8081",
      "  http-request use-service prometheus-exporter if { path /metrics }",
      "  http-request return status 200 content-type text/plain string alive\n",
    ].join("\n");
    const mount = (text: string): string[] => [
      ...["-v", `${volumeWith("haproxy", "99:99", { "haproxy.cfg": text })}:/usr/local/etc/haproxy:ro`],
      ...["--user", "99:99", "--tmpfs", "/run/haproxy:uid=99,gid=99"],
    ];

    it("checks a file: exit status and the tool's own message", () => {
      const check = ["haproxy", "-c", "-f", "/usr/local/etc/haproxy/haproxy.cfg"];
      expect(once("haproxy", mount(good), check).status).to.equal(0);
      const wrong = once("haproxy", mount(`${good}  no-such-keyword\n`), check);
      expect(wrong.status).to.equal(1);
      expect(wrong.output).to.match(/unknown keyword 'no-such-keyword'/);
    });

    it("runs as 99 in master-worker mode, answers, reloads by its master socket, stops gracefully", async () => {
      const command = [
        "haproxy",
        "-S",
        "/run/haproxy/master.sock,mode,600",
        "-f",
        "/usr/local/etc/haproxy/haproxy.cfg",
      ];
      const container = start("haproxy", mount(good), command);
      const get = (path: string): Result =>
        tryDocker(["exec", container, "wget", "-q", "-T", "5", "-O", "-", `http://127.0.0.1:8081${path}`]);
      await until("answer", () => get("/").stdout === "alive", 30);
      expect(get("/metrics").stdout).to.match(/haproxy_process_uptime_seconds/);
      expect(exec(container, "stat", "-c", "%u:%g", "/proc/1")).to.equal("99:99");
      expect(exec(container, "pwd")).to.equal("/var/lib/haproxy");
      expect(exec(container, "sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline")).to.match(/^\S*haproxy .*-W -db -S/);
      const reload = "echo reload | socat -t 10 /run/haproxy/master.sock -";
      expect(exec(container, "sh", "-c", reload)).to.match(/Success=1/);
      await until("answer after the reload", () => get("/").stdout === "alive", 30);
      expect(stop(container)).to.equal(0);
    });
  });

  describe("nginx", () => {
    const asPlatform = ["--user", "101:101", "--tmpfs", "/tmp"];

    it("tests its configuration and tells what is wrong", () => {
      expect(once("nginx", asPlatform, ["nginx", "-t"]).status).to.equal(0);
      const config = volumeWith("nginx", "101:101", { "default.conf": "server { listen 8080; nonsense on; }\n" });
      const wrong = once("nginx", [...asPlatform, "-v", `${config}:/etc/nginx/conf.d:ro`], ["nginx", "-t"]);
      expect(wrong.status).to.equal(1);
      expect(wrong.output).to.match(/unknown directive "nonsense"/);
    });

    it("serves /usr/share/nginx/html on 8080 as 101, logs to stdout, stops gracefully", async () => {
      const site = volumeWith("nginx", "101:101", { "index.html": "hello" });
      const container = start("nginx", [...asPlatform, "-v", `${site}:/usr/share/nginx/html:ro`]);
      const url = "http://127.0.0.1:8080/index.html";
      await until("answer", () => answers(container, "wget", "-q", "-T", "5", "-O", "/dev/null", url), 30);
      expect(exec(container, "curl", "-sS", url)).to.equal("hello");
      expect(exec(container, "cat", "/tmp/nginx.pid")).to.equal("1");
      expect(exec(container, "stat", "-c", "%u:%g", "/proc/1")).to.equal("101:101");
      expect(logs(container)).to.match(/"GET \/index\.html HTTP\/1\.1" 200/);
      expect(stop(container)).to.equal(0);
    });
  });

  describe("python", () => {
    it("pip installs with hashes into the folders of upstream's image; any user finds the result", () => {
      const build = [
        "import base64, hashlib, zipfile",
        "info = 'hello-1.0.dist-info/'",
        "files = {'hello.py': 'def main(): print(\"installed\")',",
        "  info + 'METADATA': 'Metadata-Version: 2.1\\nName: hello\\nVersion: 1.0\\n',",
        "  info + 'WHEEL': 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',",
        "  info + 'entry_points.txt': '[console_scripts]\\nhello = hello:main\\n'}",
        "digest = lambda t: base64.urlsafe_b64encode(hashlib.sha256(t.encode()).digest()).rstrip(b'=').decode()",
        "record = ''.join(f'{n},sha256={digest(t)},{len(t.encode())}\\n' for n, t in files.items())",
        "path = '/tmp/hello-1.0-py3-none-any.whl'",
        "wheel = zipfile.ZipFile(path, 'w')",
        "[wheel.writestr(n, t) for n, t in {**files, info + 'RECORD': record + info + 'RECORD,,\\n'}.items()]",
        "wheel.close()",
        "line = 'hello==1.0 --hash=sha256:' + hashlib.sha256(open(path, 'rb').read()).hexdigest()",
        "open('/tmp/requirements.txt', 'w').write(line + '\\n')",
      ].join("\n");
      const script = [
        "set -e; cd /tmp; cat > build.py; python build.py",
        "pip install --no-index --find-links /tmp --require-hashes -r requirements.txt",
        "which python python3 pip hello; python -c 'import hello; print(hello.__file__)'",
        "setpriv --reuid=10001 --regid=10001 --clear-groups hello",
      ].join("\n");
      const name = unique("python");
      containers.push(name);
      const result = tryDocker(["run", "-i", "--name", name, image("python"), "sh", "-c", script], { input: build });
      expect(result, result.output).to.have.property("status", 0);
      expect(result.stdout.split("\n").slice(-6)).to.deep.equal([
        ...["python", "python3", "pip", "hello"].map((program) => `/usr/local/bin/${program}`),
        "/usr/local/lib/python3.13/site-packages/hello.py",
        "installed",
      ]);
      expect(result.output).not.to.match(/externally.managed/i);
    });

    it("is 3.13, runs read-only as any user, and trusts what the host trusts", () => {
      const program = [
        "import ssl, sys",
        "print(sys.version_info[:2] >= (3, 13), len(ssl.create_default_context().get_ca_certs()) > 0)",
      ].join("\n");
      const result = once("python", ["--user", "10001:10001"], ["python", "-c", program]);
      expect(result.output).to.equal("True True");
    });
  });
});
