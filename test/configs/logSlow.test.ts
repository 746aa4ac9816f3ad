/** The slow log of MySQL and of MariaDB: what is read out of an entry, and that none of its literals passes. */
import { expect } from "chai";
import fc from "fast-check";
import { FakeEvent, loadPipeline } from "../support/fakeEvent";

const path = "/var/log/mysql/slow.log";
const pipeline = loadPipeline();
pipeline.register({ stack: "prod", json: [], sql: ["mysql"], slow: { service: "mysql", path } });
const eventOf = (text: string): FakeEvent => {
  const event = new FakeEvent({ text, path, attrs: false });
  pipeline.process(event);
  return event;
};

const mysql = (statement: string): string =>
  [
    "# User@Host: medassist_app[medassist_app] @  [172.18.0.5]  Id:    12",
    "# Query_time: 1.500246  Lock_time: 0.000003 Rows_sent: 1  Rows_examined: 1000",
    "use medassist;",
    "SET timestamp=1764055860;",
    `${statement};`,
    "# Time: 2026-11-25T07:31:05.000001Z",
  ].join("\n");
const mariadb = (statement: string): string =>
  [
    "# User@Host: medassist_app[medassist_app] @  [172.18.0.5]",
    "# Thread_id: 5  Schema: medassist  QC_hit: No",
    "# Query_time: 1.500246  Lock_time: 0.000003  Rows_sent: 1  Rows_examined: 1000",
    "# Rows_affected: 0  Bytes_sent: 98",
    "SET timestamp=1764055860;",
    `${statement};`,
  ].join("\n");

describe("the slow log", () => {
  for (const [product, entry] of Object.entries({ mysql, mariadb })) {
    it(`is read as ${product} writes it`, () => {
      const { document, meta } = eventOf(entry("SELECT a\nFROM payment\nWHERE ref = 'P-1' AND b > 3"));
      const { collected: _, ...own } = document;
      expect(own).to.deep.equal({
        "@timestamp": "2025-11-25T07:31:01.500Z",
        stack: "prod",
        service: "mysql",
        role: "service",
        network: ["medassist"],
        stream: "stdout",
        level: "warn",
        logger: "slow",
        message: "SELECT a\nFROM payment\nWHERE ref = ? AND b > ?;",
        duration: 1.500246,
        remote_addr: "172.18.0.5",
        extra: { user: "medassist_app", lock_time: 0.000003, rows_sent: 1, rows_examined: 1000 },
        details: "user=medassist_app lock_time=0.000003 rows_sent=1 rows_examined=1000",
        redacted: ["slow_log"],
      });
      expect(meta._id).to.match(/^slow-\d+-4096$/);
    });
  }

  it("lets no literal pass, whatever is in it, line ends and headers of entries too", () => {
    const secret = fc
      .tuple(fc.string(), fc.constantFrom("", "\n", "\n# User@Host: x[x] @ [y]\n", "\n# Query_time: 1\n", "\\'", "''"))
      .map(([text, more]) => `${text.replace(/['\\]/g, "")}${more}SECRET`);
    fc.assert(
      fc.property(secret, fc.constantFrom(mysql, mariadb), (text, entry) => {
        const whole = entry(`SELECT a FROM t WHERE b = '${text}' LIMIT 1`);
        // Filebeat begins an event wherever a line begins so.
        const events = whole.split(/\n(?=# User@Host: )/).map(eventOf);
        const passed = events.filter((e) => !e.cancelled).map((e) => JSON.stringify(e.document));
        expect(passed.length).to.be.greaterThan(0);
        for (const document of passed) expect(document).not.to.include("SECRET");
      }),
    );
  });

  it("has no line about the server that opened it", () => {
    const opening = "/usr/sbin/mysqld, Version: 8.4.11. started with:\nTcp port: 3306\nTime  Id Command  Argument";
    expect(eventOf(opening).cancelled).to.equal(true);
  });

  it("is nobody else's file", () => {
    const other = new FakeEvent({ text: mysql("SELECT 1"), path: "/var/log/mysql/other.log", attrs: false });
    pipeline.process(other);
    expect(other.cancelled).to.equal(true);
  });
});
