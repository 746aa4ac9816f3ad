import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { decideNotices, decidePoll } from "../src/decide";
import { escapeHtml, html } from "../src/page/html";
import { pickLanguage } from "../src/page/language";
import { messages } from "../src/page/messages";
import { renderPage } from "../src/page/render";
import { duration, percent, preciseDuration } from "../src/page/time";
import { judge, type PageView } from "../src/page/view";
import { budgetsBySlo, healthByJob, parseVector } from "../src/prometheus";
import { after, empty, notice, policy, polled, seconds, start } from "./samples";

const well: PageView = {
  stack: "dev",
  now: start + seconds(65),
  heartbeat: "alive",
  alertmanagerUp: true,
  jobs: [{ job: "api", up: 3, of: 3, down: [] }],
  budgets: [{ slo: "api-availability", remaining: 0.9996 }],
  maintenance: undefined,
  state: empty,
};
const incident = after(
  empty,
  decideNotices(
    empty,
    [notice("ApiInstanceDown"), notice("AllApiDown", { severity: "p1", runbook: "https://wiki.example/p1?a=1&b=2" })],
    start + 4200,
    policy,
  ),
);

describe("the verdict", () => {
  it("is the worst that is known, and never good without knowing", () => {
    expect(judge(well)).to.deep.equal({ kind: "ok" });
    expect(judge({ ...well, state: incident })).to.deep.equal({ kind: "incident", priority: "p1" });
    expect(judge({ ...well, state: incident, heartbeat: "silent" })).to.deep.equal({ kind: "silent" });
    expect(judge({ ...well, jobs: [{ job: "api", up: 2, of: 3, down: ["api2"] }] })).to.deep.equal({ kind: "trouble" });
    expect(judge({ ...well, alertmanagerUp: false, jobs: undefined })).to.deep.equal({ kind: "trouble" });
    for (const unknown of [
      { jobs: undefined },
      { jobs: [] },
      { heartbeat: "waiting" as const },
      { alertmanagerUp: undefined },
    ])
      expect(judge({ ...well, ...unknown })).to.deep.equal({ kind: "unknown" });
  });
});

describe("the page", () => {
  it("says in both languages how things are", () => {
    const english = renderPage({ ...well, state: incident }, "en");
    expect(english).to.include('<html lang="en">').and.to.include("Incident under way: P1 critical");
    expect(english).to.include('<a href="/runbooks/P2_ApiInstanceDown">');
    expect(english).to.include('href="https://wiki.example/p1?a=1&amp;b=2"');
    expect(english).to.include("2026-11-25 04:00:00Z").and.to.include("(1 min 5 s ago)");
    expect(english)
      .to.match(/Detected in<\/dt><dd>4\.2 s/)
      .and.to.include("99.9% left");
    const french = renderPage(well, "fr");
    expect(french)
      .to.include('<html lang="fr">')
      .and.to.include("Tout fonctionne")
      .and.to.include("99,9\u00a0% restants");
    expect(french).to.include("en marche, 3 sur 3");
  });

  it("says so when Prometheus does not answer, has nothing, or something is down", () => {
    const silent = renderPage({ ...well, jobs: undefined, budgets: undefined }, "en");
    expect(silent).to.include("Prometheus does not answer").and.not.to.include("Everything works");
    const nothing = renderPage({ ...well, jobs: [], budgets: [] }, "en");
    expect(nothing).to.include("Prometheus has no data of this stack").and.to.include("No data.");
    const down = renderPage({ ...well, jobs: [{ job: "api", up: 1, of: 2, down: ["api2:5000"] }] }, "en");
    expect(down).to.include("1 of 2, down: api2:5000");
  });

  it("tells of muted alerts that belong to no open incident", () => {
    const state = after(
      empty,
      decidePoll(empty, [polled("A", { suppressed: "silenced" })], new Map(), start, policy).change,
    );
    expect(renderPage({ ...well, state }, "en")).to.include("Muted alerts: A");
  });

  it("escapes whatever stands in any field", () => {
    const evil = `</main><script>"'&`;
    const odd = fc.oneof(
      fc.string(),
      fc.constant(evil),
      fc.constant("javascript:alert(1)"),
      fc.constant(`http://x/"><i>`),
    );
    fc.assert(
      fc.property(odd, odd, odd, odd, odd, (a, b, c, d, e) => {
        const alert = notice(a, { summary: b, service: c, runbook: d, labels: { instance: e } });
        const state = after(empty, decideNotices(empty, [alert], start, policy));
        const jobs = [{ job: a, up: 0, of: 1, down: [b] }];
        const view = { ...well, stack: c, jobs, budgets: [{ slo: e, remaining: 0 }], state };
        const page = renderPage(view, "en");
        // Only the page's own elements are there, in the same number as with harmless texts.
        const plain = renderPage({ ...view, stack: "s", jobs: [{ job: "j", up: 0, of: 1, down: ["d"] }] }, "en");
        expect(page.match(/<script/g)).to.have.lengthOf(1);
        expect(page.match(/<main/g)).to.deep.equal(plain.match(/<main/g));
        expect(page).not.to.match(/href="javascript:/);
        expect(page).not.to.include("<i>");
        expect(page).not.to.match(/ style=| on[a-z]+=(?=")/);
      }),
      { numRuns: 200 },
    );
    const text = html`<p title="${evil}">${[evil, null, 7, html`<b>${evil}</b>`]}</p>`.text;
    const safe = escapeHtml(evil);
    expect(text).to.equal(`<p title="${safe}">${safe}7<b>${safe}</b></p>`);
    expect(safe).to.equal("&lt;/main&gt;&lt;script&gt;&quot;&#39;&amp;");
  });

  it("needs nothing from elsewhere and no inline script or style", () => {
    const page = renderPage({ ...well, state: incident }, "en");
    const loaded = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    expect(loaded).to.have.members([
      "/icon.svg",
      "/style.css",
      "/app.js",
      "#main",
      "/runbooks/P2_ApiInstanceDown",
      "?lang=fr",
      "https://wiki.example/p1?a=1&b=2".replace("&", "&amp;"),
    ]);
    expect(page).not.to.match(/<style|<script>/);
  });
});

describe("its words", () => {
  it("are the same in both languages, with the same placeholders", () => {
    const placeholders = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    expect(Object.keys(messages.en)).to.have.members(Object.keys(messages.fr));
    for (const [key, french] of Object.entries(messages.fr))
      expect(placeholders(messages.en[key as keyof typeof messages.en]), key).to.deep.equal(placeholders(french));
  });

  it("are in the language that was chosen, else preferred, else French", () => {
    expect(pickLanguage("en", "fr")).to.equal("en");
    expect(pickLanguage("de", "en-GB,fr;q=0.9")).to.equal("en");
    expect(pickLanguage(null, "fr;q=0.5, en;q=0.8, de")).to.equal("en");
    expect(pickLanguage(null, "en;q=0, de")).to.equal("fr");
    expect(pickLanguage(null, "")).to.equal("fr");
    fc.assert(fc.property(fc.string(), (header) => ["fr", "en"].includes(pickLanguage(null, header))));
  });

  it("round down", () => {
    expect(duration(-5, "en")).to.equal("0 s");
    expect(duration(seconds(59.9), "en")).to.equal("59 s");
    expect(duration(seconds(3600), "en")).to.equal("1 h");
    expect(duration(seconds(90_061), "fr")).to.equal("1 j 1 h");
    expect(preciseDuration(4249, "fr")).to.equal("4,2 s");
    expect(preciseDuration(seconds(61), "en")).to.equal("1 min 1 s");
    expect(percent(0.99999, "en")).to.equal("99.9%");
    expect(percent(1, "en")).to.equal("100.0%");
    expect(percent(0.29, "en")).to.equal("29.0%");
    expect(percent(-0.5, "en")).to.equal("-50.0%");
    expect(percent(Number.POSITIVE_INFINITY, "en")).to.equal("?");
  });
});

describe("Prometheus' answers", () => {
  const vector = (...result: unknown[]) => ({ status: "success", data: { resultType: "vector", result } });
  it("become health by job and budget by SLO", () => {
    const up = parseVector(
      vector(
        { metric: { job: "b", instance: "b1" }, value: [1, "1"] },
        { metric: { job: "a", instance: "a1" }, value: [1, "0"] },
        { metric: { job: "a", instance: "a2" }, value: [1, "1"] },
        { metric: null, value: [1, "1"] },
        { metric: {}, value: [1, "NaN"] },
      ),
    );
    expect(healthByJob(up)).to.deep.equal([
      { job: "a", up: 1, of: 2, down: ["a1"] },
      { job: "b", up: 1, of: 1, down: [] },
    ]);
    const budgets = parseVector(
      vector({ metric: { slo: "x" }, value: [1, "0.5"] }, { metric: { slo: "x" }, value: [1, "0.2"] }),
    );
    expect(budgetsBySlo(budgets)).to.deep.equal([{ slo: "x", remaining: 0.2 }]);
  });

  it("that are not understood are an error, whatever they are", () => {
    for (const body of [null, 7, {}, { status: "error" }, { status: "success", data: {} }])
      expect(() => parseVector(body)).to.throw("not a vector");
    fc.assert(fc.property(fc.array(fc.jsonValue()), (result) => void parseVector(vector(...result))));
  });
});

describe("its colours", () => {
  it("have a contrast of at least 4.5 in light and in dark", () => {
    const css = readFileSync(join(__dirname, "../static/style.css"), "utf8");
    const [light = "", dark = ""] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) => body);
    for (const theme of [light, dark]) {
      const colour = (name: string): string => new RegExp(`--${name}: #([0-9a-f]{6})`).exec(theme)?.[1] ?? "";
      const texts: [string, string[]][] = [
        ["paper", ["ink", "soft", "link", "good", "warn", "bad"]],
        ["ground", ["ink", "soft", "link"]],
        ...(["good", "warn", "bad"] as const).map((name): [string, string[]] => [`${name}-pale`, [name, "ink"]]),
        ...(["p1", "p2", "p3", "p4"] as const).map((name): [string, string[]] => [name, ["on-badge"]]),
      ];
      for (const [ground, names] of texts)
        for (const name of names)
          expect(contrast(colour(ground), colour(name)), `${name} on ${ground}`).to.be.at.least(4.5);
    }
  });
});

/** WCAG 2.2, contrast ratio. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
      const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [bright, dim] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (bright + 0.05) / (dim + 0.05);
}
