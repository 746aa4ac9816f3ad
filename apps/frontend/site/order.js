/** What is paid, and which inputs describe it: the rules of the API, applied before anything is sent. */
import { currencies, isCurrency, parseAmount } from "./money.js";

/** @typedef {{ patient: string, consultation: string, amount: number, currency: import("./money.js").Currency }} Order */
/** @typedef {"patient" | "consultation" | "amount" | "currency"} Field */
/** @typedef {{ field: Field, message: import("./i18n.js").MessageKey }} FieldFault */

/** @type {readonly Field[]} In the order of the page. */
export const fields = ["patient", "consultation", "amount", "currency"];

/**
 * @param {Readonly<Record<Field, string>>} input as it was typed
 * @returns {{ ok: true, order: Order } | { ok: false, faults: FieldFault[] }}
 */
export function readOrder(input) {
  /** @type {FieldFault[]} */
  const faults = [];
  const patient = cleanReference(input.patient);
  const consultation = cleanReference(input.consultation);
  if (patient === "") faults.push({ field: "patient", message: "patientMissing" });
  else if (!/^p-[A-Za-z0-9_-]{1,64}$/.test(patient)) faults.push({ field: "patient", message: "patientMalformed" });
  if (consultation === "") faults.push({ field: "consultation", message: "consultationMissing" });
  else if (!/^c-[A-Za-z0-9_-]{1,64}$/.test(consultation)) {
    faults.push({ field: "consultation", message: "consultationMalformed" });
  }
  const { currency } = input;
  if (!isCurrency(currency))
    return { ok: false, faults: [...faults, { field: "currency", message: "currencyMissing" }] };
  const amount = parseAmount(input.amount, currencies[currency]);
  if (!amount.ok) {
    /** @type {Record<import("./money.js").AmountFault, import("./i18n.js").MessageKey>} */
    const messages = {
      missing: "amountMissing",
      malformed: "amountMalformed",
      decimals: currencies[currency] === 0 ? "amountNoDecimals" : "amountDecimals",
      zero: "amountZero",
      large: "amountLarge",
    };
    faults.push({ field: "amount", message: messages[amount.fault] });
    return { ok: false, faults };
  }
  if (faults.length > 0) return { ok: false, faults };
  return { ok: true, order: { patient, consultation, amount: amount.minor, currency } };
}

/**
 * A reference copied from a letter may have typographic hyphens and invisible characters.
 * @param {string} text
 */
function cleanReference(text) {
  return text.replace(/[\u2010-\u2015\u2212]/g, "-").replace(/[\s\u00ad\u200b-\u200d\u2060\ufeff]/gu, "");
}
