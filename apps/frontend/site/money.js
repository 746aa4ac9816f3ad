/** Amounts of money: typed text to whole minor units and back, without any floating point arithmetic. */

/** The currencies offered, with the number of digits after the decimal sign (ISO 4217). */
export const currencies = Object.freeze({ EUR: 2, CHF: 2, CAD: 2, GBP: 2, USD: 2, MAD: 2, TND: 3, XAF: 0, XOF: 0 });

/** @typedef {keyof typeof currencies} Currency */
/** @typedef {"missing" | "malformed" | "decimals" | "zero" | "large"} AmountFault */
/** @typedef {{ ok: true, minor: number } | { ok: false, fault: AmountFault }} ParsedAmount */

/** Largest amount of one payment in minor units; the API refuses more. */
export const maxMinor = 100_000_000;

/**
 * @param {string} text
 * @returns {text is Currency}
 */
export function isCurrency(text) {
  return Object.hasOwn(currencies, text);
}

/**
 * Reads "25", "25,00", "25.00", "1 250,50" or "1'250.50". A comma or a point is always the decimal sign, so that
 * "1,250" is refused and never taken for 1.25 or for 1250.
 * @param {string} text
 * @param {number} digits after the decimal sign
 * @returns {ParsedAmount}
 */
export function parseAmount(text, digits) {
  const trimmed = text.trim();
  if (trimmed === "") return { ok: false, fault: "missing" };
  const match = /^(\d+|\d{1,3}(?:[ '\u2019\u00a0\u202f]\d{3})+)(?:[.,](\d+))?$/.exec(trimmed);
  if (match === null) return { ok: false, fault: "malformed" };
  const [, grouped = "", decimals = ""] = match;
  if (decimals.length > digits) return { ok: false, fault: "decimals" };
  const all = (grouped.replace(/\D/g, "") + decimals.padEnd(digits, "0")).replace(/^0+/, "");
  if (all === "") return { ok: false, fault: "zero" };
  if (all.length > String(maxMinor).length || Number(all) > maxMinor) return { ok: false, fault: "large" };
  return { ok: true, minor: Number(all) };
}

/**
 * 2500, 2 → "25.00"
 * @param {number} minor whole minor units
 * @param {number} digits after the decimal sign
 */
export function decimalText(minor, digits) {
  const text = String(minor).padStart(digits + 1, "0");
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/**
 * The amount as people write it: 2500, "EUR", "fr" → "25,00 €"
 * @param {number} minor
 * @param {Currency} currency
 * @param {string} language
 */
export function formatAmount(minor, currency, language) {
  const digits = currencies[currency];
  const shown = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const format = new Intl.NumberFormat(language, { style: "currency", currency, ...shown });
  return format.format(Number(decimalText(minor, digits)));
}
