import { expect } from "chai";
import { accounts, parseDesired } from "../src/desired";
import { readSettings, SettingsError } from "../src/settings";
import { desired, seconds, settings, wireDesired } from "./samples";

const ca = "-----BEGIN CERTIFICATE-----\n";
const files: Record<string, string> = {
  "/tls/ca.crt": ca,
  "/config/desired.json": JSON.stringify(wireDesired),
  "/s/boss": "b\n",
  "/s/shipper": "s\r\n",
  "/s/reader": "r",
  "/s/kibana_system": "k",
  "/config/empty": "\n",
};
const readFile = (path: string): string => {
  const content = files[path];
  if (content === undefined) throw Object.assign(new Error("secret text"), { code: "ENOENT" });
  return content;
};
const least = {
  STACK: "dev",
  ELASTICSEARCH_URL: "https://store:9200/",
  FILEBEAT_URL: "http://shipper:5066",
  CA_FILE: "/tls/ca.crt",
  DESIRED_FILE: "/config/desired.json",
  PASSWORDS_FOLDER: "/s",
};

describe("settings", () => {
  it("have defaults for all but what only the platform knows", () => {
    expect(readSettings(least, readFile)).to.deep.equal(
      settings({ port: 9096, revision: "unknown", logLevel: "info", authority: ca }),
    );
  });

  it("take intervals in seconds", () => {
    const found = readSettings({ ...least, RECONCILE_SECONDS: "5", CANARY_SECONDS: "1" }, readFile);
    expect(found).to.include({ reconcile: seconds(5), canary: seconds(1) });
  });

  it("name everything that is wrong in one line, and quote nothing", () => {
    const wrong = {
      PORT: "0",
      LOG_LEVEL: "loud",
      ELASTICSEARCH_URL: "http://store:9200",
      CA_FILE: "/s/boss",
      DESIRED_FILE: "/s/boss",
      PASSWORDS_FOLDER: "s",
    };
    expect(() => readSettings(wrong, readFile))
      .to.throw(SettingsError)
      .with.property("message")
      .that.equals(
        "LOG_LEVEL must match ^(debug|info|warning|error|critical)$; DESIRED_FILE: must be JSON; PASSWORDS_FOLDER must match ^\\/; " +
          "PORT must be an integer from 1 to 65535; STACK is missing; ELASTICSEARCH_URL must be an address that begins with https://; " +
          "FILEBEAT_URL is missing; CA_FILE: must hold a certificate as PEM",
      );
  });

  it("name the user whose password is missing", () => {
    expect(() => readSettings({ ...least, PASSWORDS_FOLDER: "/elsewhere" }, readFile)).to.throw(
      "PASSWORDS_FOLDER: boss: the file cannot be read (ENOENT); PASSWORDS_FOLDER: shipper:",
    );
  });
});

describe("the desired state", () => {
  const text = (change: object): string => JSON.stringify({ ...wireDesired, ...change });

  it("is read with its times in milliseconds", () => {
    expect(parseDesired(JSON.stringify(wireDesired))).to.deep.equal(desired);
    expect(accounts(desired)).to.deep.equal(["boss", "shipper", "reader", "kibana_system"]);
  });

  for (const [change, message] of [
    [{ admin: "" }, "admin must be a text"],
    [{ admin: "../x" }, "admin must match"],
    [{ roles: [] }, "roles must be an object"],
    [{ users: [{ name: "x", roles: ["none"], what: "x" }] }, "reader must be one of the users"],
    [{ users: [{ name: "reader", roles: ["none"], what: "x" }] }, "users: reader has an unknown role none"],
    [{ lines: "elsewhere" }, "lines must be one of the streams"],
    [{ streams: wireDesired.streams.map((stream) => ({ ...stream, share: 0.9 })) }, "streams: the shares must make 1"],
    [{ retention: { ...wireDesired.retention, limitBytes: 2e9 } }, "retention.limitBytes is above the ceiling"],
    [{ retention: { ...wireDesired.retention, keptFor: 0 } }, "retention.keptFor must be a number above 0"],
    [{ disk: { high: wireDesired.disk.high } }, "disk.flood must be an object"],
    [{ talkative: "all" }, "talkative must be a list"],
  ] as const)
    it(`is refused: ${message}`, () => expect(() => parseDesired(text(change))).to.throw(message));
});
