import { expect } from "chai";
import fc from "fast-check";
import { currencies, decimalText, formatAmount, isCurrency, maxMinor, parseAmount } from "../site/money.js";

const minor = fc.integer({ min: 1, max: maxMinor });
const digits = fc.constantFrom(0, 2, 3);
const accepted = (text: string, decimals: number): number | string => {
  const result = parseAmount(text, decimals);
  return result.ok ? result.minor : result.fault;
};

describe("amounts", () => {
  it("that are written with a point or a comma, and with spaces around, are read exactly", () => {
    fc.assert(
      fc.property(minor, digits, fc.constantFrom(".", ","), (amount, decimals, sign) => {
        expect(accepted(` ${decimalText(amount, decimals).replace(".", sign)} `, decimals)).to.equal(amount);
      }),
    );
  });

  it("may be grouped by spaces or apostrophes, in threes only", () => {
    fc.assert(
      fc.property(minor, digits, fc.constantFrom(" ", "'", "\u2019", "\u00a0", "\u202f"), (amount, decimals, space) => {
        const [whole = "", rest] = decimalText(amount, decimals).split(".");
        const grouped = whole.replace(/\B(?=(\d{3})+$)/g, space) + (rest === undefined ? "" : `,${rest}`);
        expect(accepted(grouped, decimals)).to.equal(amount);
      }),
    );
    expect(accepted("12 50", 2)).to.equal("malformed");
    expect(accepted("1 2500", 2)).to.equal("malformed");
  });

  it("may leave decimals out", () => {
    expect(accepted("25", 2)).to.equal(2500);
    expect(accepted("25,5", 2)).to.equal(2550);
    expect(accepted("0,05", 2)).to.equal(5);
    expect(accepted("0007", 0)).to.equal(7);
    expect(accepted("1.10", 2)).to.equal(110); // 1.1 * 100 is 110.00000000000001
    expect(accepted("1000000.00", 2)).to.equal(maxMinor);
  });

  it("with more decimals than the currency has are refused, never rounded or taken for thousands", () => {
    fc.assert(
      fc.property(fc.nat({ max: 9999 }), digits, fc.integer({ min: 1, max: 4 }), (whole, decimals, more) => {
        expect(accepted(`${whole}.${"0".repeat(decimals + more)}`, decimals)).to.equal("decimals");
      }),
    );
    expect(accepted("1,250", 2)).to.equal("decimals");
    expect(accepted("2.500", 0)).to.equal("decimals");
  });

  it("that are nothing, zero, too large or no numbers are told apart", () => {
    expect(accepted("  ", 2)).to.equal("missing");
    expect(accepted("0,00", 2)).to.equal("zero");
    expect(accepted("1000000.01", 2)).to.equal("large");
    expect(accepted("9".repeat(400), 2)).to.equal("large");
    for (const text of ["-1", "+1", "1e3", "0x10", "1.", ".5", "1,2,3", "1.250,00", "٢٥", "25 €", "NaN"]) {
      expect(accepted(text, 2), text).to.equal("malformed");
    }
  });

  it("never give anything but a whole number in the range, whatever is typed", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9 .,']{0,12}$/)), digits, (text, decimals) => {
        const result = parseAmount(text, decimals);
        if (result.ok)
          expect(Number.isInteger(result.minor) && result.minor >= 1 && result.minor <= maxMinor).to.equal(true);
      }),
    );
  });

  it("are shown with the digits of their currency", () => {
    const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ");
    expect(plain(formatAmount(125050, "EUR", "fr"))).to.equal("1 250,50 €");
    expect(plain(formatAmount(2500, "EUR", "en-GB"))).to.equal("€25.00");
    expect(plain(formatAmount(2500, "XOF", "fr"))).to.match(/^2 500 F/);
    fc.assert(
      fc.property(minor, fc.constantFrom(...Object.keys(currencies).filter(isCurrency)), (amount, currency) => {
        expect(formatAmount(amount, currency, "en-GB").replace(/\D/g, "")).to.equal(
          decimalText(amount, currencies[currency]).replace(".", ""),
        );
      }),
    );
  });
});
