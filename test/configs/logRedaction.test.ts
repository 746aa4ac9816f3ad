/** Nothing personal passes the pipeline, and nothing else is harmed: on generated data, since there is none that is real. */
import { expect } from "chai";
import fc from "fast-check";
import { pipelineText } from "../../components/logPipeline";
import { FakeEvent, loadPipeline } from "../support/fakeEvent";

const pipeline = loadPipeline();
pipeline.register({ stack: "prod", json: ["api"], sql: ["mysql"] });

const documentOf = (text: string, service = "api"): Record<string, unknown> => {
  const event = new FakeEvent({ text, service });
  pipeline.process(event);
  return event.document;
};

const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
const grouped = (text: string, sizes: readonly number[], gap: string): string => {
  let from = 0;
  return sizes
    .map((size) => {
      const part = text.slice(from, from + size);
      from += size;
      return part;
    })
    .join(gap);
};

/** The last digit that makes the rest a card's number (Luhn, ISO/IEC 7812-1). */
const withCheckDigit = (body: string): string => {
  const sum = [...body].reverse().reduce((total, digit, i) => {
    const value = i % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return body + ((10 - (sum % 10)) % 10);
};
const brands: readonly (readonly [string, number])[] = [
  ["4", 16],
  ["4", 13],
  ["4", 19],
  ["51", 16],
  ["55", 16],
  ["2221", 16],
  ["2720", 16],
  ["34", 15],
  ["37", 15],
  ["6011", 16],
  ["65", 16],
  ["62", 16],
  ["62", 19],
  ["3530", 16],
  ["36", 14],
  ["305", 14],
  ["50", 16],
  ["6304", 16],
  ["67", 19],
  ["2201", 16],
];
const cardBody = fc
  .constantFrom(...brands)
  .chain(([prefix, length]) => digits(length - prefix.length - 1).map((rest) => withCheckDigit(prefix + rest)));
const cardSizes: Record<number, number[][]> = {
  14: [[4, 6, 4]],
  15: [[4, 6, 5]],
  16: [[4, 4, 4, 4]],
  19: [[4, 4, 4, 4, 3]],
};
const card = fc
  .tuple(cardBody, fc.constantFrom("", " ", "-"))
  .map(([body, gap]) => (gap === "" ? body : grouped(body, cardSizes[body.length]?.[0] ?? [body.length], gap)));

/** INSEE: 13 characters and 97 minus their remainder by 97, 2A and 2B counted as 19 and 18. */
const nir = fc
  .record({
    sex: fc.constantFrom("1", "2"),
    year: digits(2),
    month: fc.integer({ min: 1, max: 12 }).map((m) => String(m).padStart(2, "0")),
    department: fc.oneof(
      fc.integer({ min: 1, max: 95 }).map((d) => String(d).padStart(2, "0")),
      fc.constantFrom("2A", "2B"),
    ),
    commune: digits(3),
    order: digits(3),
    gap: fc.constantFrom("", " ", ".", "-"),
  })
  .map(({ sex, year, month, department, commune, order, gap }) => {
    const number = Number(sex + year + month + department.replace("2A", "19").replace("2B", "18") + commune + order);
    const key = String(97 - (number % 97)).padStart(2, "0");
    return [sex, year, month, department, commune, order, key].join(gap);
  });

const frenchRest = fc.tuple(fc.constantFrom(..."123456789"), digits(8)).map(([first, rest]) => first + rest);
const pairs = (nine: string, gap: string): string =>
  [nine.slice(0, 1), ...grouped(nine.slice(1), [2, 2, 2, 2], "|").split("|")].join(gap);
const phone = fc
  .tuple(
    frenchRest,
    fc.constantFrom("", " ", ".", "-"),
    fc.constantFrom("0", "+33", "+33 ", "0033", "0033 ", "+33 (0)", "(+33) "),
  )
  .map(([nine, gap, prefix]) => prefix + pairs(nine, gap));
const foreign = fc
  .tuple(fc.constantFrom("+32", "+44", "+49", "+41", "+352", "+1", "+212"), digits(9), fc.constantFrom("", " ", "-"))
  .map(([country, rest, gap]) => (gap === "" ? country + rest : `${country}${gap}${grouped(rest, [3, 3, 3], gap)}`));

const email = fc
  .tuple(
    fc.stringMatching(/^[a-z0-9][a-z0-9._+-]{0,12}[a-z0-9]$/),
    fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z]$/),
    fc.constantFrom("example", "example.com", "hopital.example", "test"),
  )
  .map(([user, host, domain]) => `${user}@${host}.${domain}`);

const secrets = { email, phone, foreign, card, nir } as const;
const kindOf = { email: "email", phone: "phone", foreign: "phone", card: "card", nir: "nir" } as const;

/** Whether a text still gives it away: all of its letters and digits, in order. */
const plain = (text: string): string => text.replace(/[^0-9A-Za-z@]/g, "");
const holds = (document: unknown, secret: string): boolean => {
  const { collected: _, container, ...rest } = document as Record<string, unknown>;
  return plain(JSON.stringify(rest)).includes(plain(secret));
};

const surroundings: Record<string, (secret: string) => string> = {
  "a sentence": (s) => `cannot reach ${s}, giving up`,
  "the end of a sentence": (s) => `sent to ${s}`,
  "a text of a query": (s) => `GET /x?contact=${s}&a=1`,
  "a message in JSON": (s) => JSON.stringify({ level: "info", message: `to ${s}.` }),
  "a message in JSON, after a line's end": (s) => JSON.stringify({ level: "info", message: `to\n${s}\n` }),
  "any key in JSON": (s) => JSON.stringify({ message: "m", contact: s }),
  "something deep in JSON": (s) => JSON.stringify({ message: "m", a: { b: [{ c: `x ${s}` }] } }),
  "a key itself": (s) => JSON.stringify({ message: "m", byContact: { [s]: 1 } }),
  "a field of the contract": (s) => JSON.stringify({ message: "m", endpoint: `/api/payment/${s}` }),
  "an exception": (s) => JSON.stringify({ message: "m", error: { type: "E", stack: [`x ${s}`] } }),
  "a trace": (s) => `Traceback (most recent call last):\n  File "x.py", line 1\nValueError: ${s}`,
  "a pair of logfmt": (s) => `time=2026-11-25T07:31:00.100Z level=info msg="to ${s}" peer="${s}"`,
  "JSON that is broken": (s) => `{"message": "to ${s}"`,
};

describe("what is personal", () => {
  for (const [what, secret] of Object.entries(secrets) as [keyof typeof secrets, fc.Arbitrary<string>][]) {
    it(`is taken out wherever it stands: ${what}`, () => {
      fc.assert(
        fc.property(secret, fc.constantFrom(...Object.keys(surroundings)), (value, where) => {
          const document = documentOf(surroundings[where]?.(value) ?? "");
          expect(holds(document, value), `${value} in ${where}: ${JSON.stringify(document)}`).to.equal(false);
          // One in some thousand numbers of American Express is a social security number as well.
          const kinds = what === "card" && plain(value).length === 15 ? ["card", "nir"] : [kindOf[what]];
          expect(kinds, JSON.stringify(document)).to.include.members(document.redacted as string[]);
        }),
        { numRuns: 1500 },
      );
    });
  }

  it("is taken out when it is a number", () => {
    const contiguous = fc.oneof(
      cardBody.filter((n) => Number(n) < Number.MAX_SAFE_INTEGER),
      nir.filter((n) => /^\d+$/.test(n)),
    );
    fc.assert(
      fc.property(contiguous, (value) => {
        const document = documentOf(`{"message":"m","a":{"value":${value}}}`);
        expect(holds(document, value)).to.equal(false);
      }),
    );
  });

  it("is taken out when letters are written as escapes", () => {
    fc.assert(
      fc.property(email, (value) => {
        const escaped = [...value].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
        expect(holds(documentOf(`{"message":"${escaped}"}`), value)).to.equal(false);
      }),
    );
    expect(documentOf('{"message":"a%40b.example"}').message).to.equal("[email]");
  });

  it("leaves what stands around it", () => {
    expect(documentOf("call 06 12 34 56 78 or +33 (0)6 12 34 56 78 now").message).to.equal(
      "call [phone] or [phone] now",
    );
    expect(documentOf("from alice@example.org (2026-11-25 07:31:00) id=7").message).to.equal(
      "from [email] (2026-11-25 07:31:00) id=7",
    );
  });
});

describe("names of people", () => {
  const name = fc
    .tuple(fc.stringMatching(/^[A-ZÉ][a-zé]{3,9}$/), fc.stringMatching(/^[A-Z][a-z]{3,9}$/))
    .map((parts) => parts.join(" "));
  const key = fc.constantFrom(
    ..."patient patient_name patientName first_name firstName last_name name nom prenom prénom nom_naissance doctor_name médecin".split(
      " ",
    ),
  );

  it("are taken out by their key, at any depth and in any spelling of it", () => {
    fc.assert(
      fc.property(key, name, fc.constantFrom("flat", "deep", "list"), (field, value, how) => {
        const inner = how === "list" ? [value] : value;
        const document = documentOf(JSON.stringify(how === "deep" ? { a: { [field]: inner } } : { [field]: inner }));
        expect(holds(document, value), JSON.stringify(document)).to.equal(false);
        expect(document.redacted).to.deep.equal(["name"]);
      }),
    );
  });

  it("are taken out of texts that declare them", () => {
    const declared = fc.constantFrom("patient", "patient_name", "Nom", "PRENOM", "first_name", "last-name", "médecin");
    const sign = fc.constantFrom("=", ": ", " : ", '="', ': "', "='");
    fc.assert(
      fc.property(declared, sign, name, (field, equals, value) => {
        const closing = /["']$/.exec(equals)?.[0] ?? "";
        const document = documentOf(`refused, ${field}${equals}${value}${closing}, twice`);
        expect(holds(document, value), JSON.stringify(document)).to.equal(false);
        expect(document.message).to.match(/^refused, .*\[name\].*, twice$/);
      }),
    );
    expect(documentOf("patient=dupont nom=Durand ok").message).to.equal("patient=[name] nom=[name] ok");
    expect(documentOf("nom: required").message).to.equal("nom: required");
  });

  it("are not those of machines and programs", () => {
    const document = documentOf(
      JSON.stringify({ message: "m", service: { name: "x" }, host: { name: "y" } }),
      "filebeat",
    );
    expect(document).not.to.have.property("redacted");
    expect(documentOf("level=info msg=x name=rule_group", "prometheus").details).to.equal("name=rule_group");
  });
});

describe("what is not personal", () => {
  const stamp = fc.integer({ min: 1_577_836_800, max: 2_051_222_400 });
  const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
  const ip = fc.ipV4();
  const harmless: Record<string, fc.Arbitrary<string>> = {
    "a UUID": fc.uuid(),
    "a request's id of Nginx": hex(32),
    "an image's digest": hex(64).map((h) => `sha256:${h}`),
    "a container's id": hex(12).filter((h) => /[a-f]/.test(h)),
    "seconds since 1970": stamp.map(String),
    "milliseconds since 1970": fc.tuple(stamp, digits(3)).map((p) => p.join("")),
    "microseconds since 1970": fc.tuple(stamp, digits(6)).map((p) => p.join("")),
    "nanoseconds since 1970": fc.tuple(stamp, digits(9)).map((p) => p.join("")),
    "seconds with a fraction": fc.tuple(stamp, digits(6)).map((p) => p.join(".")),
    "a time": stamp.map((s) => new Date(s * 1000).toISOString()),
    "a time with nanoseconds": fc
      .tuple(stamp, digits(9))
      .map(([s, n]) => new Date(s * 1000).toISOString().replace(/\.\d+/, `.${n}`)),
    "a time for people": stamp.map((s) => new Date(s * 1000).toISOString().slice(0, 19).replace("T", " ")),
    "a time in a file's name": stamp.map(
      (s) => `backup-${new Date(s * 1000).toISOString().slice(0, 19).replace(/[T:]/g, "-")}.sql`,
    ),
    "an address": ip,
    "an address with a port": fc.tuple(ip, fc.nat(65_535)).map((p) => p.join(":")),
    "an address in a list": fc.array(ip, { minLength: 2, maxLength: 4 }).map((list) => list.join(", ")),
    "an address of IPv6": fc.ipV6(),
    "a port": fc.nat(65_535).map((p) => `:${p}`),
    "a share": fc
      .double({ min: 0, max: 1, noNaN: true })
      .map(String)
      .filter((s) => !s.includes("e")),
    "a version": fc.array(fc.nat(99), { minLength: 3, maxLength: 4 }).map((v) => v.join(".")),
    "a size in bytes": fc.nat(2_000_000_000).map((n) => `${n} bytes`),
    "a user of the database": fc.constantFrom("'medassist_app'@'%'", "root@localhost", "medassist_app@172.18.0.5"),
    "an image": hex(64).map((h) => `prom/prometheus:v3.15.0@sha256:${h}`),
  };
  for (const [what, value] of Object.entries(harmless))
    it(`is left as it is: ${what}`, () => {
      fc.assert(
        fc.property(value, fc.constantFrom("text", "json"), (text, how) => {
          const line = `it says ${text} of it`;
          const document = documentOf(how === "text" ? line : JSON.stringify({ message: line }), "redis");
          expect(document.message).to.equal(line);
          expect(document).not.to.have.property("redacted");
        }),
        { numRuns: 1000 },
      );
    });
});

describe("statements of SQL", () => {
  it("keep their form and lose their literals", () => {
    const cases: Record<string, string> = {
      "SELECT * FROM payment WHERE reference = 'P-17' AND amount > 12.50":
        "SELECT * FROM payment WHERE reference = ? AND amount > ?",
      "INSERT INTO t2 (a, b) VALUES (1, 'it''s'), (0x1F, \"a\\\"b\")": "INSERT INTO t2 (a, b) VALUES (?), (?)",
      "SELECT 1 WHERE a IN (1,2, 3)": "SELECT ? WHERE a IN (?)",
      "UPDATE t SET a = 'not closed": "UPDATE t SET a = ?",
      "Query (0x7f12): DELETE FROM t WHERE b = 'x'": "Query (0x7f12): DELETE FROM t WHERE b = ?",
    };
    for (const [text, expected] of Object.entries(cases)) {
      const document = documentOf(text, "mysql");
      expect(document.message).to.equal(expected);
      expect(document.redacted).to.deep.equal(["slow_log"]);
    }
    expect(documentOf("ready for connections on port 3306", "mysql")).not.to.have.property("redacted");
  });

  it("never keep a literal, whatever is in it", () => {
    const literal = fc.string({ minLength: 5 }).map((s) => `SECRET${s.replace(/[\n\r]/g, "")}`);
    fc.assert(
      fc.property(literal, fc.constantFrom("'", '"'), (value, quote) => {
        const escaped = value.replaceAll("\\", "\\\\").replaceAll(quote, quote + quote);
        const text = documentOf(`SELECT a FROM t WHERE b = ${quote}${escaped}${quote} LIMIT 1`, "mysql").message;
        expect(text).to.equal("SELECT a FROM t WHERE b = ? LIMIT ?");
      }),
    );
  });
});

describe("a line that the pipeline cannot read", () => {
  it("is withheld, not passed on as it was", () => {
    const failing = loadPipeline(
      pipelineText.replace(
        "function documentOf(",
        'function documentOf() { throw new Error("no"); }\nfunction unused(',
      ),
    );
    failing.register({ stack: "prod", json: ["api"], sql: [] });
    const event = new FakeEvent({ text: "to alice@example.org" });
    failing.process(event);
    expect(event.cancelled).to.equal(false);
    expect(JSON.stringify(event.document)).not.to.include("alice");
    expect(event.document).to.include({ level: "error", parse_error: "json" });
    expect(event.document.message).to.match(/withheld/);
  });
});
