import { expect } from "chai";
import { readSettings, SettingsError } from "../src/settings";
import { seconds } from "./samples";

const files: Record<string, string> = {
  "/s/token": "t\n",
  "/s/password": "p\r\n",
  "/s/empty": "\n",
  "/s/beat": "https://beat.example/uuid\n",
  "/s/receivers": '[{"kind":"webhook","url":"http://x/","tokenFile":"/s/token"}]',
};
const readFile = (path: string): string => {
  const content = files[path];
  if (content === undefined) throw Object.assign(new Error("secret text"), { code: "ENOENT" });
  return content;
};
const least = {
  STACK: "dev",
  WEBHOOK_TOKEN_FILE: "/s/token",
  ADMIN_PASSWORD_FILE: "/s/password",
  ALERTMANAGER_URL: "http://alertmanager:9093/",
  PROMETHEUS_URL: "http://prometheus:9090",
};

describe("settings", () => {
  it("have defaults for all but what only the platform knows", () => {
    expect(readSettings(least, readFile)).to.deep.equal({
      port: 9095,
      stack: "dev",
      revision: "unknown",
      logLevel: "info",
      dataDir: "/data",
      runbooksDir: undefined,
      webhookToken: "t",
      adminPassword: "p",
      alertmanagerUrl: "http://alertmanager:9093",
      prometheusUrl: "http://prometheus:9090",
      receivers: [],
      heartbeatUrl: undefined,
      heartbeatLimit: seconds(120),
      maintenance: undefined,
      quiet: seconds(60),
      poll: seconds(5),
      vanish: seconds(90),
      retention: { age: seconds(400 * 86_400), alerts: 5000 },
    });
  });

  it("take receivers and an external heartbeat from files", () => {
    const found = readSettings({ ...least, RECEIVERS_FILE: "/s/receivers", HEARTBEAT_URL_FILE: "/s/beat" }, readFile);
    expect(found.receivers).to.deep.equal([{ kind: "webhook", url: "http://x/", token: "t" }]);
    expect(found.heartbeatUrl).to.equal("https://beat.example/uuid");
  });

  it("name everything that is wrong in one line, and quote nothing", () => {
    const wrong = {
      PORT: "0",
      LOG_LEVEL: "loud",
      DATA_DIR: "data",
      QUIET_SECONDS: "1e3",
      WEBHOOK_TOKEN_FILE: "/s/empty",
      ADMIN_PASSWORD_FILE: "/s/none",
      ALERTMANAGER_URL: "file:///x",
      RECEIVERS_FILE: "/s/token",
      HEARTBEAT_URL_FILE: "/s/password",
    };
    expect(() => readSettings(wrong, readFile))
      .to.throw(SettingsError)
      .with.property("message")
      .that.equals(
        "LOG_LEVEL must match ^(debug|info|warning|error|critical)$; PORT must be an integer from 1 to 65535; STACK is missing; " +
          "DATA_DIR must match ^\\/; WEBHOOK_TOKEN_FILE: the file is empty; ADMIN_PASSWORD_FILE: the file cannot be read (ENOENT); " +
          "ALERTMANAGER_URL must be an http or https address; PROMETHEUS_URL is missing; RECEIVERS_FILE: must be JSON; " +
          "HEARTBEAT_URL_FILE: must hold an http or https address; QUIET_SECONDS must be an integer from 0 to 86400",
      );
  });
});
