/** Headless Chromium of the distribution, and pages that are watched for everything that should not happen. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { ensureDebianPackages } from "../../../scripts/setup/debian";
import { repoRoot } from "../../../scripts/setup/paths";
import { consoleLog } from "../../../scripts/setup/progress";
import { findOnPath } from "../../../scripts/setup/run";
import { until } from "./http";

const flags = [
  "--no-sandbox", // the tests may run as root, and the only page it opens is ours
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the browser, which is installed first if need be. @throws SetupError if it cannot be had */
export async function startBrowser(): Promise<Browser> {
  if (findOnPath("chromium") === undefined) await ensureDebianPackages(["chromium"], consoleLog());
  return chromium.launch({ executablePath: findOnPath("chromium") ?? "/usr/bin/chromium", args: flags });
}

/** How a page looks from outside. */
export interface View {
  readonly language: "fr" | "en";
  readonly width?: number;
  readonly height?: number;
}

/** One visitor: a window without history, and what went wrong in it. */
export class Visitor {
  /** Errors on the console, exceptions, violations of the page's policy, requests to elsewhere. */
  readonly troubles: string[] = [];
  /** Method and path of every request. */
  readonly requests: string[] = [];
  /** Addresses of every answer. */
  readonly answers: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly origin: string,
  ) {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.troubles.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.troubles.push(`exception: ${error.message}`));
    page.on("response", (response) => this.answers.push(response.url()));
    page.on("request", (request) => {
      const { origin: to, pathname } = new URL(request.url());
      this.requests.push(`${request.method()} ${pathname}`);
      if (to !== this.origin) this.troubles.push(`request to elsewhere: ${request.url()}`);
    });
  }

  /** Opens the page for somebody who reads this language. */
  static async open(browser: Browser, url: string, { language, width = 1280, height = 900 }: View): Promise<Visitor> {
    const context = await browser.newContext({
      locale: language === "fr" ? "fr-FR" : "en-GB",
      timezoneId: "Europe/Paris",
      viewport: { width, height },
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const visitor = new Visitor(page, new URL(url).origin);
    await page.exposeFunction("reportViolation", (text: string) => visitor.troubles.push(`policy: ${text}`));
    await page.addInitScript(
      `addEventListener("securitypolicyviolation", (e) => reportViolation(e.violatedDirective + " " + e.blockedURI))`,
    );
    await page.goto(url, { waitUntil: "load" });
    await page.locator("#form-view").waitFor();
    return visitor;
  }

  /** Id, or else the class, of what has the focus. */
  async focused(): Promise<string> {
    return (await this.page.evaluate("document.activeElement.id || document.activeElement.className")) as string;
  }

  /** Waits until an element has the focus. */
  awaitFocus(id: string, withinSeconds = 30): Promise<void> {
    return until(`#${id} has the focus`, async () => (await this.focused()) === id, withinSeconds);
  }

  /** Types with the keyboard alone: Tab to the next control, then its text. */
  async fill(values: readonly string[]): Promise<void> {
    for (const value of values) {
      await this.page.keyboard.press("Tab");
      if (value !== "") await this.page.keyboard.type(value);
    }
  }

  /** A picture of the whole page, in `.medassist/screenshots/`. */
  async picture(name: string): Promise<void> {
    const folder = join(repoRoot, ".medassist", "screenshots");
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }

  /** How many pixels the page is wider than its window. */
  async overflow(): Promise<number> {
    return (await this.page.evaluate("document.documentElement.scrollWidth - innerWidth")) as number;
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}

/** What a screen reader needs, looked up in the page as it is shown; a list of what is wrong. */
export const accessibilityFaults = `(() => {
  const faults = [];
  const shown = (e) => e.checkVisibility();
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids.filter((id, at) => ids.indexOf(id) !== at)) faults.push("id twice: " + id);
  for (const e of all("input, select, textarea"))
    if (![...e.labels].some((label) => shown(label) && label.textContent.trim())) faults.push("no label: " + e.id);
  for (const e of all("button, a[href]"))
    if (!(e.textContent.trim() || e.getAttribute("aria-label"))) faults.push("no name: " + e.outerHTML);
  for (const e of all("img")) if (!e.hasAttribute("alt")) faults.push("no alt: " + e.src);
  for (const e of all("[tabindex]")) if (e.tabIndex > 0) faults.push("own tab order: " + e.id);
  for (const name of ["aria-labelledby", "aria-describedby"])
    for (const e of all("[" + name + "]"))
      for (const id of e.getAttribute(name).split(" "))
        if (!document.getElementById(id)) faults.push(name + " of nothing: " + id);
  for (const e of all("input, select, button, summary")) {
    const box = e.getBoundingClientRect();
    if (box.height < 24 || box.width < 24) faults.push("too small to hit: " + (e.id || e.tagName));
  }
  const levels = all("h1, h2, h3, h4, h5, h6").map((e) => Number(e.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) faults.push("headings of level 1: " + levels);
  levels.forEach((level, at) => {
    if (level > (levels[at - 1] ?? 0) + 1) faults.push("a level of headings is left out: " + levels);
  });
  if (all("main").length !== 1) faults.push("main: " + all("main").length);
  if (!document.title.trim()) faults.push("no title");
  if (!/^(fr|en)$/.test(document.documentElement.lang)) faults.push("lang: " + document.documentElement.lang);
  return faults;
})()`;
