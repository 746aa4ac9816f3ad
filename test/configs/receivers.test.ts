/** The setting `receivers`: what is refused in which words, and what Alertmanager and the incident recorder are given. */
import { expect } from "chai";
import { dump, load } from "js-yaml";
import { parseReceivers } from "../../apps/incidents/src/receivers";
import { renderAlertmanager } from "../../configs/alertmanager";
import { type Receivers, receiverSecrets, recorderKnows, recorderReceivers } from "../../configs/receivers";
import { parseSettings, SettingsError } from "../../configs/settings";

const secrets: Readonly<Record<string, string>> = {
  "s/token": "their-token\n",
  "s/chat": "https://chat.example/hook\n",
  "s/key": "their-key",
  "s/password": "their-pass",
  "s/empty": " \n",
};
const at = (name: string): string => `/secrets/current/${name}`;

function read(content: unknown): Receivers {
  const files: Readonly<Record<string, string>> = {
    ...secrets,
    "r.yml": typeof content === "string" ? content : dump(content),
  };
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error("ENOENT: no such file");
    return text;
  };
  return parseSettings({ receivers: "r.yml" }, { stack: "unit", imageSourceFound: undefined, readFile }).receivers;
}
function wrong(content: unknown): readonly string[] {
  try {
    read(content);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const begin = 'medassist:receivers is "r.yml": ';
    for (const problem of error.problems) expect(problem.startsWith(begin), problem).to.equal(true);
    return error.problems.map((problem) => problem.slice(begin.length));
  }
  return [];
}

const webhook = { kind: "webhook", url: "https://hook.example/a", tokenFile: "s/token" };
const slack = { kind: "slack", urlFile: "s/chat" };
const pagerduty = { kind: "pagerduty", routingKeyFile: "s/key" };
const email = { kind: "email", to: "a@b.example", from: "c@d.example", smarthost: "mail.example:587" };
const login = { username: "watch", passwordFile: "s/password" };
const everyKind = [
  webhook,
  { kind: "webhook", url: "http://hook.example/b" },
  slack,
  { ...pagerduty, url: "https://pager.example/v2" },
  { ...email, ...login },
];

describe("receivers by settings", () => {
  it("are none by default", () => {
    const settings = parseSettings({}, { stack: "unit", imageSourceFound: undefined, readFile: () => "" });
    expect(settings.receivers).to.deep.equal({ p1: [], p2: [], p3: [], p4: [] });
  });

  it("are added to their priority alone, and their secrets named by file only", () => {
    const others = read({ p1: everyKind, p3: [{ ...email, requireTls: false }] });
    const hook = { url: "http://x/", tokenFile: at("api") };
    const text = renderAlertmanager({ api: hook, recorder: hook, others, secretFile: at });
    expect(text).not.to.match(/their-|chat\.example/);
    const { receivers } = load(text) as { receivers: Record<string, object[]>[] };
    const own = { url: "http://x/", send_resolved: true, http_config: bearer("api") };
    expect(receivers.slice(1)).to.deep.equal([
      {
        name: "team-p1",
        webhook_configs: [
          own,
          { send_resolved: true, url: "https://hook.example/a", http_config: bearer("p1-0") },
          { send_resolved: true, url: "http://hook.example/b" },
        ],
        slack_configs: [
          {
            send_resolved: true,
            api_url_file: at("p1-2"),
            text: "{{ range .Alerts }}{{ .Annotations.summary }} ({{ .Status }}, runbook {{ .Annotations.runbook }})\n{{ end }}",
          },
        ],
        pagerduty_configs: [{ send_resolved: true, routing_key_file: at("p1-3"), url: "https://pager.example/v2" }],
        email_configs: [
          {
            send_resolved: true,
            ...{ to: "a@b.example", from: "c@d.example", smarthost: "mail.example:587", require_tls: true },
            ...{ auth_username: "watch", auth_password_file: at("p1-4") },
          },
        ],
      },
      { name: "team-p2", webhook_configs: [own] },
      {
        name: "team-p3",
        webhook_configs: [own],
        email_configs: [
          {
            send_resolved: true,
            ...{ to: "a@b.example", from: "c@d.example", smarthost: "mail.example:587", require_tls: false },
          },
        ],
      },
      { name: "team-p4", webhook_configs: [own] },
    ]);
    expect(receiverSecrets(others)).to.deep.equal({
      "p1-0": "their-token",
      "p1-2": "https://chat.example/hook",
      "p1-3": "their-key",
      "p1-4": "their-pass",
    });
  });

  it("are told by the incident recorder too, where it can", () => {
    const others = read({ p1: everyKind });
    const p1 = others.p1.filter(recorderKnows);
    const told = { ...others, p1 };
    const texts = receiverSecrets(told);
    expect(Object.values(texts)).to.deep.equal(["their-token", "https://chat.example/hook"]);
    const readSecret = (path: string): string =>
      Object.entries(texts).find(([name]) => at(name) === path)?.[1] ?? expect.fail(`no secret ${path}`);
    expect(parseReceivers(JSON.stringify(recorderReceivers(told, "p1", at)), readSecret)).to.deep.equal([
      { kind: "webhook", url: "https://hook.example/a", token: "their-token" },
      { kind: "webhook", url: "http://hook.example/b", token: undefined },
      { kind: "slack", url: "https://chat.example/hook" },
    ]);
  });

  it("are refused with priority, index, member and what is allowed", () => {
    const cases: readonly (readonly [object, string])[] = [
      [{ p1: [webhook, { kind: "pigeon" }] }, "p1[1].kind is unknown: allowed are webhook, slack, pagerduty and email"],
      [{ p2: [{ kind: "webhook" }] }, "p2[0].url is missing: allowed is an http or https address"],
      [
        { p2: [{ ...webhook, url: "https://a:b@x/" }] },
        "p2[0].url is wrong: allowed is an http or https address without a password in it",
      ],
      [{ p2: [{ kind: "slack" }] }, "p2[0].urlFile is missing: allowed is the path of a file that holds the secret"],
      [
        { p2: [{ ...slack, urlFile: "s/key" }] },
        'p2[0].urlFile is "s/key": allowed is a file that holds an http or https address',
      ],
      [
        { p3: [{ ...pagerduty, routingKeyFile: "s/none" }] },
        'p3[0].routingKeyFile is "s/none": ENOENT: no such file: allowed is a file that can be read',
      ],
      [
        { p3: [{ ...pagerduty, routingKeyFile: "s/empty" }] },
        'p3[0].routingKeyFile is "s/empty": the file is empty: allowed is a file that holds the secret',
      ],
      [{ p4: [{ ...email, to: "nobody" }] }, "p4[0].to is wrong: allowed is an e-mail address"],
      [
        { p4: [{ ...email, smarthost: "mail" }] },
        "p4[0].smarthost is wrong: allowed is a host and its port, such as mail.example.org:587",
      ],
      [{ p4: [{ ...email, username: "a" }] }, "p4[0].passwordFile is missing: allowed are both or neither of the two"],
      [{ p4: [{ ...email, password: "a" }] }, "p4[0].password is unknown to this kind"],
      [{ p5: [] }, "p5 is no priority: allowed are p1, p2, p3, p4"],
      [{ p1: webhook }, "p1 is no list: allowed is a list of receivers"],
    ];
    for (const [content, problem] of cases) expect(wrong(content)).to.deep.equal([problem]);
    expect(wrong({ p1: [{ kind: "email" }], p9: 1 })).to.have.length(4);
  });

  it("are refused when the file is none", () => {
    expect(wrong("p1: [")[0]).to.include("allowed is the path of a YAML file");
    for (const content of ["5", "[]", "null"])
      expect(wrong(content)[0], content).to.match(/^it maps nothing: allowed is the path/);
    const read = () =>
      parseSettings(
        { receivers: "none.yml" },
        {
          stack: "unit",
          imageSourceFound: undefined,
          readFile: () => {
            throw new Error("ENOENT: no such file");
          },
        },
      );
    expect(read).to.throw('medassist:receivers is "none.yml": ENOENT: no such file: allowed is the path');
  });
});

function bearer(name: string): object {
  return { authorization: { type: "Bearer", credentials_file: at(name) } };
}
