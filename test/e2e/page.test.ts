/** The patients' page, used as a person would: real browser, real platform, mostly by keyboard. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Browser } from "playwright-core";
import { run } from "../../scripts/setup/run";
import { accessibilityFaults, startBrowser, type View, Visitor } from "./support/browser";
import { ask, until } from "./support/http";
import { TestStack } from "./support/testStack";

describe("the patients' page in a browser", () => {
  let browser: Browser;
  let stack: TestStack;
  let visitors: Visitor[] = [];

  before("browser and stack", async function () {
    this.timeout(1_800_000); // a new machine has neither the browser nor the tools that `up` needs
    browser = await startBrowser();
    stack = await TestStack.create("page");
    await stack.up();
  });
  after(async () => {
    await browser?.close();
    await stack?.destroy();
  });
  afterEach(async () => {
    for (const visitor of visitors) await visitor.close();
    visitors = [];
  });

  const open = async (view: View): Promise<Visitor> => {
    const visitor = await Visitor.open(browser, stack.appUrl, view);
    visitors.push(visitor);
    return visitor;
  };
  const rows = (consultation: string): Promise<string> =>
    stack.sql(
      `SELECT id, patient_ref, amount, currency FROM medassist.payment WHERE consultation_ref = '${consultation}'`,
    );
  const receiptId = async (visitor: Visitor): Promise<string> => {
    await visitor.awaitFocus("receipt-title", 60);
    return (await visitor.page.locator("#receipt-id").innerText()).trim();
  };
  /** From the top of the page to the button: the skip link and the language are passed by. */
  const fillAll = (visitor: Visitor, consultation: string): Promise<void> =>
    visitor.fill(["", "", "p-4821", consultation, "25,00", "EUR", ""]);
  const expectNoTrouble = (visitor: Visitor): void => {
    expect(visitor.troubles).to.deep.equal([]);
  };

  for (const { language, amount, currency, minor, button, title, next } of [
    {
      language: "fr",
      amount: "25,00",
      currency: "EUR",
      minor: 2500,
      button: /^Payer 25,00\s€$/,
      title: "Paiement enregistré",
      next: "en",
    },
    {
      language: "en",
      amount: "1250.5",
      currency: "GBP",
      minor: 125050,
      button: /^Pay £1,250.50$/,
      title: "Payment received",
      next: "fr",
    },
  ] as const) {
    it(`takes a payment by keyboard alone, in ${language === "fr" ? "French" : "English"}`, async () => {
      const visitor = await open({ language });
      const { page } = visitor;
      const consultation = `c-keyboard-${language}`;
      expect(await page.locator("html").getAttribute("lang")).to.equal(language);
      const values = ["", "", "p-4821", consultation, amount, currency, ""];
      const order = ["skip", "language", "patient", "consultation", "amount", "currency", "pay"];
      for (const [at, id] of order.entries()) {
        await visitor.fill([values[at] ?? ""]);
        expect(await visitor.focused()).to.equal(id);
        if (at === 0) await visitor.picture(`skip-link-${language}`);
      }
      expect(await page.locator("#pay").innerText()).to.match(button);
      await visitor.picture(`form-${language}`);
      await page.keyboard.press("Enter");

      const id = await receiptId(visitor);
      expect(await page.locator("#receipt-title").innerText()).to.equal(title);
      expect(await page.locator("#receipt-consultation").innerText()).to.equal(consultation);
      await visitor.picture(`receipt-${language}`);
      const read = await ask(stack.entryUrl, `/api/payment/${id}`);
      expect(JSON.parse(read.body)).to.include({ id, patient: "p-4821", consultation, amount: minor, currency });
      expect(await rows(consultation)).to.equal(`${id}\tp-4821\t${minor}\t${currency}`);

      await page.locator("#language").focus();
      await page.keyboard.press("Enter");
      expect(await page.locator("html").getAttribute("lang")).to.equal(next);
      expect(await page.locator("#receipt-id").innerText()).to.equal(id);
      expectNoTrouble(visitor);
    });
  }

  it("runs no foreign script and fetches nothing from elsewhere, whatever gets into the page", async () => {
    const visitor = await open({ language: "fr" });
    await visitor.page.evaluate(`(() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'taken over'";
      document.body.append(script);
      const picture = document.createElement("img");
      picture.src = "http://192.0.2.1/p-4821.png";
      document.body.append(picture);
    })()`);
    const blocked = (what: RegExp): boolean => visitor.troubles.some((trouble) => what.test(trouble));
    await until("both are reported", () => blocked(/^policy: script-src/) && blocked(/^policy: img-src/));
    expect(await visitor.page.title()).not.to.equal("taken over");
    expect(visitor.answers.join()).not.to.include("192.0.2.1");
  });

  it("brings whoever takes the skip link to the content, and on to the first field", async () => {
    const visitor = await open({ language: "fr" });
    await visitor.page.keyboard.press("Tab");
    await visitor.page.keyboard.press("Enter");
    await visitor.awaitFocus("main");
    await visitor.page.keyboard.press("Tab");
    expect(await visitor.focused()).to.equal("patient");
    expectNoTrouble(visitor);
  });

  it("shows what is wrong, and leads to the field", async () => {
    const visitor = await open({ language: "fr" });
    const { page } = visitor;
    await visitor.fill(["", "", "4821", "c-wrong", "25,005", "EUR", ""]);
    await page.keyboard.press("Enter");
    await visitor.awaitFocus("error-summary");
    expect(await page.title()).to.match(/^Erreur/);
    for (const field of ["patient", "amount"]) {
      expect(await page.locator(`#${field}`).getAttribute("aria-invalid")).to.equal("true");
      expect(await page.locator(`#${field}`).getAttribute("aria-describedby")).to.include(`${field}-error`);
      expect(await page.locator(`#${field}-error`).innerText()).to.match(/^Erreur : \S/);
    }
    expect(await page.locator("#consultation").getAttribute("aria-invalid")).to.equal(null);
    expect(await page.evaluate(accessibilityFaults)).to.deep.equal([]);
    await visitor.picture("errors-fr");
    await page.keyboard.press("Tab"); // the first link of the summary
    await page.keyboard.press("Enter");
    expect(await visitor.focused()).to.equal("patient");
    await page.keyboard.press("Home");
    await page.keyboard.type("p-");
    await page.locator("#amount").fill("25,00");
    await page.keyboard.press("Enter");
    const id = await receiptId(visitor);
    expect(await rows("c-wrong")).to.equal(`${id}\tp-4821\t2500\tEUR`);
    expectNoTrouble(visitor);
  });

  it("pays once when Enter is pressed twice", async () => {
    const visitor = await open({ language: "fr" });
    await fillAll(visitor, "c-twice");
    await Promise.all([visitor.page.keyboard.press("Enter"), visitor.page.keyboard.press("Enter")]);
    const id = await receiptId(visitor);
    expect(await rows("c-twice")).to.equal(`${id}\tp-4821\t2500\tEUR`);
    expect(visitor.requests.filter((r) => r.startsWith("POST"))).to.deep.equal(["POST /api/payment"]);
    expectNoTrouble(visitor);
  });

  it("pays once when the entry stands still for a moment, and says that it is sending", async () => {
    const visitor = await open({ language: "fr" });
    await fillAll(visitor, "c-paused");
    await run("docker", ["pause", stack.container("haproxy")]);
    try {
      await visitor.page.keyboard.press("Enter");
      await until("the page says that it is sending", async () =>
        /Envoi/.test(await visitor.page.locator("#status").innerText()),
      );
      await visitor.picture("sending-fr");
      await sleep(2000);
      expect(await visitor.page.locator("#receipt-view").isVisible()).to.equal(false);
    } finally {
      await run("docker", ["unpause", stack.container("haproxy")]);
    }
    const id = await receiptId(visitor);
    expect(await rows("c-paused")).to.equal(`${id}\tp-4821\t2500\tEUR`);
    expectNoTrouble(visitor);
  });

  it("finds an unfinished payment again after a reload, and finishes that one", async () => {
    const visitor = await open({ language: "en" });
    const { page } = visitor;
    await fillAll(visitor, "c-reload");
    await run("docker", ["pause", stack.container("haproxy")]);
    try {
      await page.keyboard.press("Enter");
      await until("the page is sending", async () => /Sending/.test(await page.locator("#status").innerText()));
      await page.reload({ waitUntil: "load" });
      await visitor.awaitFocus("pending-title");
    } finally {
      await run("docker", ["unpause", stack.container("haproxy")]);
    }
    expect(await page.evaluate(accessibilityFaults)).to.deep.equal([]);
    await visitor.picture("pending-en");
    await page.keyboard.press("Tab");
    expect(await visitor.focused()).to.equal("retry");
    await page.keyboard.press("Enter");
    const id = await receiptId(visitor);
    expect(await rows("c-reload")).to.equal(`${id}\tp-4821\t2500\tEUR`);
    expectNoTrouble(visitor);
  });

  it("has what a screen reader needs, in both languages and on the receipt", async () => {
    const visitor = await open({ language: "fr" });
    const faults = () => visitor.page.evaluate(accessibilityFaults);
    expect(await faults()).to.deep.equal([]);
    await visitor.page.locator("#language").click();
    expect(await visitor.page.locator("html").getAttribute("lang")).to.equal("en");
    expect(await faults()).to.deep.equal([]);
    await visitor.page.locator("#language").blur();
    await visitor.page.reload();
    await fillAll(visitor, "c-reader");
    await visitor.page.keyboard.press("Enter");
    await receiptId(visitor);
    expect(await faults()).to.deep.equal([]);
    expectNoTrouble(visitor);
  });

  for (const language of ["fr", "en"] as const) {
    it(`fits a window of 320 px, in ${language === "fr" ? "French" : "English"}`, async () => {
      const visitor = await open({ language, width: 320, height: 640 });
      expect(await visitor.overflow(), "form").to.be.at.most(0);
      await visitor.picture(`narrow-form-${language}`);
      await visitor.page.locator("#pay").click();
      await visitor.awaitFocus("error-summary");
      expect(await visitor.overflow(), "errors").to.be.at.most(0);
      await visitor.picture(`narrow-errors-${language}`);
      await visitor.page.reload();
      // As long as a reference may be, with nowhere to break.
      const consultation = `c-${language}${"0123456789".repeat(6)}12`;
      await fillAll(visitor, consultation);
      await visitor.page.keyboard.press("Enter");
      const id = await receiptId(visitor);
      expect(await visitor.overflow(), "receipt").to.be.at.most(0);
      await visitor.picture(`narrow-receipt-${language}`);
      expect(await rows(consultation)).to.equal(`${id}\tp-4821\t2500\tEUR`);
      expectNoTrouble(visitor);
    });
  }
});
