import { expect } from "chai";
import { messages, pickLanguage, translate } from "../site/i18n.js";

describe("words of the page", () => {
  it("are the same keys in both languages, none empty, with the same placeholders", () => {
    expect(Object.keys(messages.en)).to.have.members(Object.keys(messages.fr));
    const placeholders = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const [key, french] of Object.entries(messages.fr)) {
      const english = messages.en[key as keyof typeof messages.en];
      expect(french.trim(), key).not.to.equal("");
      expect(english.trim(), key).not.to.equal("");
      expect(placeholders(english), key).to.deep.equal(placeholders(french));
    }
  });

  it("replaces placeholders, and only known ones", () => {
    expect(translate("en", "payAmount", { amount: "€25.00" })).to.equal("Pay €25.00");
    expect(translate("en", "payAmount", {})).to.equal("Pay {amount}");
    expect(translate("en", "payAmount", { amount: "$& {amount}" })).to.equal("Pay $& {amount}");
  });

  it("takes the language that was chosen, else the first that it speaks, else French", () => {
    expect(pickLanguage("en", ["fr-FR"])).to.equal("en");
    expect(pickLanguage("xx", ["de-DE", "en-US", "fr"])).to.equal("en");
    expect(pickLanguage(null, ["fr-CH", "en"])).to.equal("fr");
    expect(pickLanguage(null, ["de"])).to.equal("fr");
    expect(pickLanguage(null, [])).to.equal("fr");
  });
});
