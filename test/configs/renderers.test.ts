/** The config files as text, and read back. That the real programs accept them is tested in test/tools. */
import { expect } from "chai";
import fc from "fast-check";
import { haproxyTiming, renderHaproxy, renderStatsUsers, timeToServe } from "../../configs/haproxy";
import { maxBody } from "../../configs/limits";
import { mysqlFlags, renderAccounts, type SqlPasswords, sqlAccountNames, sqlAccounts } from "../../configs/mysql";
import { contentSecurityPolicy, renderNginx } from "../../configs/nginx";
import { redisCommand, renderUsers } from "../../configs/redis";
import { sqlDialect } from "../../configs/sqlDialect";
import { MiB } from "../../configs/units";
import { publicUrl } from "../../configs/urls";

const backends = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    name: `api${i}`,
    host: `api${i}`,
    port: 5000,
    healthPath: "/health",
    mostRequests: 64,
  }));
const haproxy = (over: Partial<Parameters<typeof renderHaproxy>[0]> = {}) =>
  renderHaproxy({ stack: "unit", backends: backends(3), certificateFile: undefined, extra: [], ...over });
/** The lines of one section of haproxy.cfg. */
const section = (text: string, head: string): string[] => {
  const lines = text.split("\n");
  const start = lines.indexOf(head);
  expect(start, head).to.be.greaterThan(-1);
  const end = lines.findIndex((line, i) => i > start && /^\S/.test(line) && !line.startsWith("#"));
  return lines.slice(start + 1, end === -1 ? undefined : end).map((line) => line.trim());
};

describe("haproxy.cfg", () => {
  it("has one server per backend, whatever their number", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), (count) => {
        const servers = section(haproxy({ backends: backends(count) }), "backend api").filter((l) =>
          l.startsWith("server "),
        );
        expect(servers).to.deep.equal(backends(count).map((b) => `server ${b.name} ${b.host}:${b.port} maxconn 64`));
      }),
    );
  });

  it("lets a request be sent again only if an idempotency key makes that safe", () => {
    expect(section(haproxy(), "backend api")).to.include(
      "http-request disable-l7-retry if METH_POST !{ req.hdr(Idempotency-Key) -m found }",
    );
    expect(haproxy()).not.to.include("all-retryable-errors");
  });

  it("keeps a buffer for the largest body and its head", () => {
    const size = Number(/tune\.bufsize (\d+)/.exec(haproxy())?.[1]);
    expect(size).to.be.greaterThan(maxBody.bytes + 16 * 1024);
  });

  it("replaces what strangers say about their address, and believes our Nginx", () => {
    expect(section(haproxy(), "frontend public")).to.include("http-request set-header X-Forwarded-For %[src]");
    expect(section(haproxy(), "frontend internal").join()).not.to.include("set-header X-Forwarded-For");
  });

  it("lets nothing but patients' paths in, on both entries", () => {
    for (const entry of ["frontend public", "frontend internal"]) {
      const rules = section(haproxy(), entry);
      expect(rules.filter((l) => l.startsWith("acl "))).to.deep.equal([
        "acl patient_path path_beg /api/",
        "acl health_path path /health /ready",
      ]);
      expect(
        rules.some(
          (l) => l.startsWith("http-request return status 404") && l.endsWith("unless patient_path or health_path"),
        ),
      ).to.equal(true);
    }
  });

  it("asks for a login on the statistics page and offers no administration", () => {
    expect(section(haproxy(), "frontend stats").join()).to.include("unless { http_auth(admins) }");
    expect(haproxy()).not.to.match(/stats (admin|socket)/);
    expect(renderStatsUsers("admin", "pw")).to.equal("userlist admins\n  user admin insecure-password pw\n");
  });

  it("puts the user's own lines in the public frontend alone", () => {
    const text = haproxy({ extra: ["http-request deny if { src 192.0.2.1 }"] });
    expect(section(text, "frontend public")).to.include("http-request deny if { src 192.0.2.1 }");
    expect(text.match(/192\.0\.2\.1/g)).to.have.length(1);
  });

  it("refuses replicas that are checked on different paths", () => {
    expect(() => haproxy({ backends: [] })).to.throw("none");
    expect(() =>
      haproxy({ backends: [...backends(1), { ...backends(2)[1], healthPath: "/other" } as never] }),
    ).to.throw("/health, /other");
  });

  it("tells the rolling update how long a replica needs to be seen", () => {
    expect(timeToServe.milliseconds).to.be.at.least(haproxyTiming.check.milliseconds * haproxyTiming.rise);
  });
});

describe("nginx.conf", () => {
  const text = renderNginx({ upstream: { host: "haproxy", port: 8082 }, tls: undefined });

  it("passes /api/ on to HAProxy, whose name it looks up again each second", () => {
    expect(text).to.include("resolver 127.0.0.11 valid=1s");
    expect(text)
      .to.match(/server haproxy:8082 resolve\b/)
      .and.to.include("proxy_pass http://entry;");
    expect(text).to.include("proxy_set_header X-Forwarded-For $remote_addr;");
  });

  it("closes an idle connection to HAProxy before HAProxy does", () => {
    const idle = /keepalive_timeout (\d+)s;/.exec(text)?.[1];
    expect(Number(idle)).to.be.greaterThan(0).and.lessThan(haproxyTiming.keepAlive.seconds);
  });

  it("sends a policy that allows the page's own files only", () => {
    expect(text).to.include(`Content-Security-Policy "${contentSecurityPolicy}"`);
    expect(contentSecurityPolicy)
      .to.match(/^default-src 'none';/)
      .and.not.to.match(/unsafe|\*|https?:/);
  });

  it("writes neither a query nor an id to its log", () => {
    const format = /log_format json .*/.exec(text)?.[0] ?? "";
    expect(format)
      .to.include("$endpoint")
      .and.not.to.match(/\$request"|\$request_uri|\$args|\$http_/);
  });

  it("logs by the names that HAProxy and the API use, with the id that it sends on", () => {
    const format = /log_format json .*'(\{.*\})'/.exec(text)?.[1] ?? "";
    const line = JSON.parse(format.replace(/:\$\w+/g, ":0")) as object;
    const logged = /log-format "(.*)"\n/.exec(haproxy())?.[1] ?? "";
    const shared = ["timestamp", "level", "service", "request_id", "method", "endpoint", "status", "remote_addr"];
    expect(line).to.include.all.keys("duration", ...shared);
    for (const name of shared) expect(logged, name).to.include(`%(${name}`);
    expect(format).to.include('"request_id":"$request_id"');
    expect(text).to.include("proxy_set_header X-Request-ID $request_id;");
    expect(section(haproxy(), "frontend internal").join()).not.to.include("set-header X-Request-ID");
  });

  it("takes the body that the API takes", () => {
    expect(text).to.include(`client_max_body_size ${maxBody.bytes / 1024}k;`);
  });

  it("listens with TLS 1.2 or newer when there is a certificate", () => {
    const tls = renderNginx({ upstream: { host: "h", port: 1 }, tls: { certificateFile: "/c", keyFile: "/k" } });
    expect(tls)
      .to.include("listen 8080 ssl;")
      .and.to.include("ssl_protocols TLSv1.2 TLSv1.3;")
      .and.to.include("Strict-Transport-Security");
    expect(text).not.to.match(/ssl|Strict-Transport/);
  });
});

describe("MySQL's accounts", () => {
  const passwords = Object.fromEntries(
    ["root", ...sqlAccountNames].map((name) => [name, `${name}Password`]),
  ) as SqlPasswords;
  const lines = renderAccounts(passwords).trimEnd().split("\n");

  it("are one statement a line, as init_file wants it", () => {
    for (const line of lines) expect(line).to.match(/^[A-Z].*[^;];$/);
  });

  it("are set whatever they were before", () => {
    for (const name of sqlAccountNames) {
      const { user } = sqlAccounts[name];
      const own = lines.filter((line) => line.includes(`'${user}'@'%'`));
      expect(own.slice(0, 3)).to.deep.equal([
        `CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY '${name}Password';`,
        `ALTER USER '${user}'@'%' IDENTIFIED BY '${name}Password';`,
        `REVOKE ALL PRIVILEGES, GRANT OPTION FROM '${user}'@'%';`,
      ]);
    }
  });

  it("have the least they need", () => {
    expect(lines).to.include("GRANT SELECT, INSERT ON medassist.* TO 'medassist_app'@'%';");
    expect(lines.join("\n")).not.to.match(/GRANT ALL|WITH GRANT|SUPER|'root'@'%'/);
  });

  it("refuse a password that would need quoting", () => {
    expect(() => renderAccounts({ ...passwords, app: "a'; DROP" })).to.throw("letters and digits");
  });
});

describe("MySQL's options", () => {
  it("make what was acknowledged survive a crash", () => {
    for (const source of ["registry", "offline"] as const) {
      const flags = mysqlFlags({ dialect: sqlDialect(source), memory: MiB(512), clients: 24 });
      expect(flags).to.include.members([
        "--log-bin=binlog",
        "--sync-binlog=1",
        "--innodb-flush-log-at-trx-commit=1",
        "--max-connections=44",
      ]);
      expect(flags).to.include(`--innodb-buffer-pool-size=${128 * 1024 * 1024}`);
    }
  });

  it("give each product only the options it knows", () => {
    expect(mysqlFlags({ dialect: sqlDialect("registry"), memory: MiB(512), clients: 1 })).to.include("--mysqlx=OFF");
    expect(mysqlFlags({ dialect: sqlDialect("offline"), memory: MiB(512), clients: 1 }).join()).not.to.include(
      "mysqlx",
    );
  });
});

describe("Redis", () => {
  it("knows passwords by their digest only, and has no default user", () => {
    const users = renderUsers({ app: "secret", metrics: "other" });
    expect(users).not.to.match(/secret|other/);
    expect(users)
      .to.match(/^user default off /)
      .and.to.include("#2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b");
    expect(users).not.to.include("+@all");
  });

  it("writes an append-only file, and lets the least used go at half of its memory", () => {
    const command = redisCommand({ memory: MiB(64), aclFile: "/secrets/users.acl", port: 6379 }).join(" ");
    expect(command)
      .to.include("--appendonly yes")
      .and.to.include(`--maxmemory ${32 * 1024 * 1024}`)
      .and.to.include("--maxmemory-policy allkeys-lru");
  });
});

describe("URLs", () => {
  it("lead a person to an address that can be gone to", () => {
    expect(publicUrl({ tls: undefined, publicAddress: "0.0.0.0" }, 8080)).to.equal("http://127.0.0.1:8080");
    expect(publicUrl({ tls: { certificate: "", key: "" }, publicAddress: "192.0.2.7" }, 443)).to.equal(
      "https://192.0.2.7:443",
    );
  });
});
