/** The page: shows one of three views (form, unfinished payment, receipt) and is drawn anew from `state` each time. */
import { clearAttempt, loadAttempt, memoryStore, newKey, saveAttempt } from "./attempt.js";
import { locales, pickLanguage, translate } from "./i18n.js";
import { currencies, decimalText, formatAmount, isCurrency, parseAmount } from "./money.js";
import { fields, readOrder } from "./order.js";
import { sendPayment } from "./payment.js";

/** @typedef {import("./i18n.js").MessageKey} MessageKey */
/** @typedef {import("./order.js").Field} Field */
/** @typedef {import("./order.js").Order} Order */
/** @typedef {{ field: Field | undefined, message: MessageKey, detail?: string }} Fault */

const languageName = "medassist.language";
const store = openStore();

const state = {
  language: pickLanguage(store.getItem(languageName), navigator.languages ?? [navigator.language]),
  /** @type {"form" | "pending" | "receipt"} */
  view: "form",
  sending: false,
  /** Words of the live region. @type {{ key: MessageKey, values?: Record<string, number> } | undefined} */
  status: undefined,
  /** @type {MessageKey} */
  faultsTitle: "errorTitle",
  /** @type {Fault[]} */
  faults: [],
  /** @type {import("./attempt.js").Attempt | undefined} */
  attempt: undefined,
  /** The attempt was found when the page was opened. */
  found: false,
  /** @type {{ id: string, at: Date, order: Order } | undefined} */
  receipt: undefined,
};

/** @returns {import("./attempt.js").Store} */
function openStore() {
  try {
    const probe = "medassist.probe";
    sessionStorage.setItem(probe, probe);
    sessionStorage.removeItem(probe);
    return sessionStorage;
  } catch {
    return memoryStore();
  }
}

/** @param {string} id */
function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element #${id}`);
  return element;
}

/** @param {Field} field */
function control(field) {
  return /** @type {HTMLInputElement | HTMLSelectElement} */ (byId(field));
}

/**
 * @param {MessageKey} key
 * @param {Record<string, string | number>} [values]
 */
function t(key, values) {
  return translate(state.language, key, values);
}

/* ---------- drawing ---------- */

function draw() {
  document.documentElement.lang = state.language;
  for (const element of document.querySelectorAll("[data-i18n]")) {
    element.textContent = t(/** @type {MessageKey} */ (element.getAttribute("data-i18n")));
  }
  const other = byId("language");
  other.textContent = t("otherLanguage");
  other.lang = state.language === "fr" ? "en" : "fr";
  other.hidden = false;

  for (const view of ["form", "pending", "receipt"]) byId(`${view}-view`).hidden = view !== state.view;
  document.title = t(titleKey());
  byId("status").textContent = state.status === undefined ? "" : t(state.status.key, state.status.values);
  drawForm();
  drawPending();
  drawReceipt();
}

/** @returns {MessageKey} */
function titleKey() {
  if (state.view === "receipt") return "pageTitleReceipt";
  if (state.view === "pending") return "pageTitlePending";
  return state.faults.length > 0 ? "pageTitleError" : "pageTitle";
}

function drawForm() {
  const names = new Intl.DisplayNames(state.language, { type: "currency" });
  const select = byId("currency");
  for (const code of Object.keys(currencies)) {
    let option = select.querySelector(`option[value=${code}]`);
    if (option === null) {
      option = document.createElement("option");
      option.setAttribute("value", code);
      select.append(option);
    }
    option.textContent = `${code} – ${names.of(code)}`;
  }

  const summary = byId("error-summary");
  summary.hidden = state.faults.length === 0;
  byId("error-title").textContent = t(state.faultsTitle);
  byId("error-list").replaceChildren(
    ...state.faults.map((fault) => {
      const item = document.createElement("li");
      if (fault.field === undefined) {
        item.append(...faultNodes(fault));
        return item;
      }
      const target = control(fault.field);
      const link = document.createElement("a");
      link.href = `#${fault.field}`;
      link.append(...faultNodes(fault));
      link.addEventListener("click", (event) => {
        event.preventDefault();
        target.focus();
        byId(`${target.id}-field`).scrollIntoView({ block: "nearest" });
      });
      item.append(link);
      return item;
    }),
  );
  for (const field of fields) {
    const fault = state.faults.find((one) => one.field === field);
    const error = byId(`${field}-error`);
    error.hidden = fault === undefined;
    error.replaceChildren(...(fault === undefined ? [] : [t("errorPrefix"), ...faultNodes(fault)]));
    byId(`${field}-field`).classList.toggle("has-error", fault !== undefined);
    const input = control(field);
    if (fault === undefined) input.removeAttribute("aria-invalid");
    else input.setAttribute("aria-invalid", "true");
    const hint = document.getElementById(`${field}-hint`) === null ? [] : [`${field}-hint`];
    const described = [...(fault === undefined ? [] : [`${field}-error`]), ...hint].join(" ");
    if (described === "") input.removeAttribute("aria-describedby");
    else input.setAttribute("aria-describedby", described);
    if (input instanceof HTMLInputElement) input.readOnly = state.sending;
    else input.setAttribute("aria-disabled", String(state.sending));
  }
  byId("payment-form").setAttribute("aria-busy", String(state.sending));
  drawPayButton();
}

/**
 * The fault in words; what the service says is marked as the English which it is.
 * @param {Fault} fault
 * @returns {(string | Node)[]}
 */
function faultNodes({ message, detail }) {
  if (detail === undefined) return [t(message)];
  const [before = "", after = ""] = t(message, { detail: "\u0000" }).split("\u0000");
  const quote = document.createElement("span");
  quote.lang = "en";
  quote.textContent = detail;
  return [before, quote, after];
}

/** The button says what will be paid, as the page has understood it. */
function drawPayButton() {
  const button = byId("pay");
  const currency = control("currency").value;
  const amount = isCurrency(currency) ? parseAmount(control("amount").value, currencies[currency]) : undefined;
  if (state.sending) button.textContent = t("paying");
  else if (amount?.ok && isCurrency(currency)) {
    button.textContent = t("payAmount", { amount: formatAmount(amount.minor, currency, locales[state.language]) });
  } else button.textContent = t("pay");
  button.setAttribute("aria-disabled", String(state.sending));
}

function drawPending() {
  const order = state.attempt?.order;
  byId("pending-text").textContent = t(state.found ? "pendingReload" : "pendingText");
  byId("pending-amount").textContent =
    order === undefined ? "" : formatAmount(order.amount, order.currency, locales[state.language]);
  byId("pending-consultation").textContent = order?.consultation ?? "";
  const retry = byId("retry");
  retry.textContent = t(state.sending ? "paying" : "retry");
  retry.setAttribute("aria-disabled", String(state.sending));
  byId("give-up").hidden = state.sending;
}

function drawReceipt() {
  const { receipt } = state;
  const format = new Intl.DateTimeFormat(locales[state.language], { dateStyle: "long", timeStyle: "short" });
  byId("receipt-amount").textContent =
    receipt === undefined ? "" : formatAmount(receipt.order.amount, receipt.order.currency, locales[state.language]);
  byId("receipt-id").textContent = receipt?.id ?? "";
  byId("receipt-consultation").textContent = receipt?.order.consultation ?? "";
  byId("receipt-date").textContent = receipt === undefined ? "" : format.format(receipt.at);
}

/* ---------- doing ---------- */

/** @param {Fault[]} faults @param {MessageKey} title */
function showFaults(faults, title) {
  state.view = "form";
  state.faults = faults;
  state.faultsTitle = title;
  draw();
  byId("error-summary").focus();
}

function submit() {
  if (state.sending) return;
  const input = /** @type {Record<Field, string>} */ (
    Object.fromEntries(fields.map((field) => [field, control(field).value]))
  );
  const result = readOrder(input);
  if (!result.ok) return showFaults(result.faults, "errorTitle");
  state.attempt = { key: newKey((bytes) => crypto.getRandomValues(bytes)), order: result.order, tries: 0 };
  void send();
}

/** Sends the attempt of `state`; nothing else does. */
async function send() {
  const { attempt } = state;
  if (state.sending || attempt === undefined) return;
  state.sending = true;
  state.faults = [];
  state.status = { key: "sending" };
  draw();
  const outcome = await sendPayment(attempt, {
    fetch: (url, init) => fetch(url, init),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    random: Math.random,
    save: (current) => {
      state.attempt = current;
      saveAttempt(store, current);
    },
    onRetry: (again, of) => {
      state.status = { key: "sendingAgain", values: { again, of } };
      draw();
    },
  });
  state.sending = false;
  state.status = undefined;
  if (outcome.kind === "unknown") {
    state.view = "pending";
    state.found = false;
    draw();
    byId("pending-title").focus();
    return;
  }
  clearAttempt(store);
  state.attempt = undefined;
  if (outcome.kind === "refused") {
    fillForm(attempt.order);
    return showFaults(outcome.refusals.length > 0 ? outcome.refusals.map(toFault) : [general], "refusedTitle");
  }
  const at = new Date(outcome.at);
  state.receipt = { id: outcome.id, at: Number.isNaN(at.getTime()) ? new Date() : at, order: attempt.order };
  state.view = "receipt";
  /** @type {HTMLFormElement} */ (byId("payment-form")).reset();
  draw();
  byId("receipt-title").focus();
}

/** @type {Fault} */
const general = { field: undefined, message: "refusedGeneral" };

/**
 * @param {import("./payment.js").Refusal} refusal
 * @returns {Fault}
 */
function toFault({ field, detail }) {
  const known = fields.find((one) => one === field);
  return known === undefined ? general : { field: known, message: "refusedField", detail };
}

/** After a reload the inputs are empty. @param {Order} order */
function fillForm(order) {
  if (control("patient").value !== "") return;
  control("patient").value = order.patient;
  control("consultation").value = order.consultation;
  control("currency").value = order.currency;
  const amount = decimalText(order.amount, currencies[order.currency]);
  control("amount").value = state.language === "fr" ? amount.replace(".", ",") : amount;
}

function startOver() {
  clearAttempt(store);
  Object.assign(state, { view: "form", attempt: undefined, receipt: undefined, faults: [], found: false });
  /** @type {HTMLFormElement} */ (byId("payment-form")).reset();
  /** @type {HTMLDetailsElement} */ (byId("give-up")).open = false;
  draw();
  control("patient").focus();
}

/* ---------- wiring ---------- */

byId("payment-form").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
byId("payment-form").addEventListener("input", drawPayButton);
byId("retry").addEventListener("click", () => void send());
byId("discard").addEventListener("click", startOver);
byId("another").addEventListener("click", startOver);
byId("print").addEventListener("click", () => print());
byId("language").addEventListener("click", () => {
  state.language = state.language === "fr" ? "en" : "fr";
  store.setItem(languageName, state.language);
  draw();
});

state.attempt = loadAttempt(store);
if (state.attempt !== undefined) {
  state.view = "pending";
  state.found = true;
}
draw();
if (state.view === "pending") byId("pending-title").focus();
