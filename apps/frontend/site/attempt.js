/**
 * An attempt to pay: one order under one idempotency key. It is written down before the first request leaves and stays
 * until the outcome is certain, over lost connections and reloads of the page: the key is what keeps a patient from
 * paying twice.
 */
import { isCurrency, maxMinor } from "./money.js";

/** @typedef {{ key: string, order: import("./order.js").Order, tries: number }} Attempt */
/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */

const name = "medassist.attempt";

/**
 * A new key of 128 random bits. (crypto.randomUUID would need HTTPS.)
 * @param {(bytes: Uint8Array) => Uint8Array} getRandomValues
 */
export function newKey(getRandomValues) {
  return Array.from(getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The attempt that is not finished, if there is one.
 * @param {Store} store
 * @returns {Attempt | undefined}
 */
export function loadAttempt(store) {
  const text = store.getItem(name);
  if (text === null) return undefined;
  try {
    const attempt = JSON.parse(text);
    if (isAttempt(attempt)) return attempt;
  } catch {
    // not ours
  }
  store.removeItem(name);
  return undefined;
}

/**
 * @param {Store} store
 * @param {Attempt} attempt
 */
export function saveAttempt(store, attempt) {
  store.setItem(name, JSON.stringify(attempt));
}

/** @param {Store} store */
export function clearAttempt(store) {
  store.removeItem(name);
}

/**
 * @param {any} value
 * @returns {value is Attempt}
 */
function isAttempt(value) {
  const { order } = value ?? {};
  return (
    /^[0-9a-f]{32}$/.test(value?.key) &&
    Number.isSafeInteger(value.tries) &&
    typeof order?.patient === "string" &&
    typeof order.consultation === "string" &&
    Number.isSafeInteger(order.amount) &&
    order.amount > 0 &&
    order.amount <= maxMinor &&
    isCurrency(order.currency)
  );
}

/**
 * A store for one page view, where the browser forbids sessionStorage.
 * @returns {Store}
 */
export function memoryStore() {
  /** @type {Map<string, string>} */
  const values = new Map();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}
