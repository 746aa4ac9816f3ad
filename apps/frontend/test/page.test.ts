import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { messages } from "../site/i18n.js";

const site = fileURLToPath(new URL("../site/", import.meta.url));
const read = (name: string): string => readFileSync(site + name, "utf8");
const html = read("index.html");
const all = (pattern: RegExp, text: string): string[] => [...text.matchAll(pattern)].map(([, group = ""]) => group);

describe("the page", () => {
  it("has nothing inline and nothing from elsewhere, so that a strict policy holds", () => {
    expect(html).not.to.match(/<style|\sstyle=|\son[a-z]+=|javascript:/i);
    expect(all(/<script([^>]*)>/g, html)).to.deep.equal([' type="module" src="app.js"']);
    for (const name of readdirSync(site)) {
      const text = read(name).replaceAll("http://www.w3.org/2000/svg", "");
      expect(text, name).not.to.match(
        /https?:\/\/|innerHTML|insertAdjacentHTML|document\.write|\.style\b|eval\(|@import|url\(/,
      );
    }
    for (const file of all(/(?:src|href)="([^"#]+)"/g, html)) expect(readdirSync(site)).to.include(file);
  });

  it("has every word that it names, and every element that the program looks for, once", () => {
    for (const key of all(/data-i18n="(\w+)"/g, html)) expect(messages.fr).to.have.property(key);
    for (const [, key, text] of html.matchAll(/data-i18n="(\w+)"[^>]*>([^<]+)</g)) {
      expect(text, "what is there before the program runs").to.equal(messages.fr[key as keyof typeof messages.fr]);
    }
    const ids = all(/\sid="([\w-]+)"/g, html);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const id of all(/byId\("([\w-]+)"\)/g, read("app.js"))) expect(ids).to.include(id);
    for (const id of all(/(?:for|aria-labelledby|aria-describedby)="([\w-]+)"/g, html)) expect(ids).to.include(id);
  });

  it("labels every input, and marks what is announced", () => {
    for (const id of all(/<(?:input|select) id="(\w+)"/g, html))
      expect(html).to.match(new RegExp(`<label for="${id}"`));
    expect(html).to.match(/id="status"[^>]*aria-live="polite"/);
    expect(html).to.match(/id="error-summary"[^>]*tabindex="-1"/);
    expect(html).to.match(/<html lang="fr">/);
  });

  it("never sends the form by itself: no data in an address", () => {
    expect(html).to.match(/<form [^>]*method="post"/);
    expect(read("app.js")).not.to.match(/location\.(href|search|hash|assign)|history\.|localStorage|document\.cookie/);
  });

  it("has enough contrast: 4.5 for text, 3 for the borders of inputs", () => {
    const colors = new Map(
      [...read("style.css").matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = "", hex = ""]) => [name, hex]),
    );
    const luminance = (name: string): number => {
      const hex = name.startsWith("#") ? name : (colors.get(name) ?? expect.fail(`no color ${name}`));
      const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
        const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one: string, other: string): number => {
      const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
      return (light + 0.05) / (dark + 0.05);
    };
    for (const [text, ground] of [
      ["ink", "paper"],
      ["ink", "ground"],
      ["ink", "error-pale"],
      ["ink-soft", "paper"],
      ["ink-soft", "ground"],
      ["accent", "paper"],
      ["accent", "accent-pale"],
      ["#ffffff", "accent"],
      ["#ffffff", "accent-dark"],
      ["#ffffff", "ink-soft"],
      ["error", "paper"],
      ["error", "error-pale"],
    ] as const) {
      expect(contrast(text, ground), `${text} on ${ground}`).to.be.at.least(4.5);
    }
    expect(contrast("field-line", "paper")).to.be.at.least(3);
  });
});
