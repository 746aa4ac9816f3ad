/**
 * The words of the page in French and in English. Both have the same keys; a test sees to it.
 * (\u2060 keeps a reference from being broken at its hyphen.)
 */

const fr = {
  title: "Payer une consultation",
  pageTitle: "Payer une consultation – MedAssist",
  pageTitleError: "Erreur – Payer une consultation – MedAssist",
  pageTitlePending: "Paiement à confirmer – MedAssist",
  pageTitleReceipt: "Paiement enregistré – MedAssist",
  skip: "Aller au contenu",
  tagline: "Téléconsultation",
  otherLanguage: "English",
  lede: "Saisissez les références indiquées sur votre convocation, puis le montant de la consultation.",
  required: "Tous les champs sont obligatoires.",
  patientLabel: "Référence patient",
  patientHint: "Elle commence par p-, par exemple p\u2060-\u20604821",
  consultationLabel: "Référence de la consultation",
  consultationHint: "Elle commence par c-, par exemple c\u2060-\u206090317",
  amountLabel: "Montant",
  amountHint: "Par exemple 25,00",
  currencyLabel: "Devise",
  pay: "Payer",
  payAmount: "Payer {amount}",
  paying: "Envoi en cours…",
  sending: "Envoi du paiement. Gardez cette page ouverte.",
  sendingAgain: "La réponse tarde. Nouvel essai, {again} sur {of}. Vous ne serez débité qu’une seule fois.",
  safe: "Un paiement n’est jamais débité deux fois, même si la connexion est coupée.",
  errorTitle: "Le paiement n’a pas été envoyé",
  refusedTitle: "Le paiement a été refusé. Vous n’avez pas été débité.",
  refusedGeneral: "Le service n’accepte pas ce paiement pour le moment. Réessayez plus tard ou appelez votre cabinet.",
  refusedField: "Le service n’accepte pas cette valeur : {detail}",
  errorPrefix: "Erreur : ",
  patientMissing: "Saisissez la référence patient",
  patientMalformed: "La référence patient doit commencer par p-, suivi de lettres, de chiffres, de _ ou de -",
  consultationMissing: "Saisissez la référence de la consultation",
  consultationMalformed:
    "La référence de la consultation doit commencer par c-, suivi de lettres, de chiffres, de _ ou de -",
  amountMissing: "Saisissez le montant",
  amountMalformed: "Le montant doit être un nombre, par exemple 25,00",
  amountDecimals: "Le montant a trop de chiffres après la virgule",
  amountNoDecimals: "Cette devise n’a pas de décimales : saisissez un nombre entier sans virgule ni point",
  amountZero: "Le montant doit être supérieur à zéro",
  amountLarge: "Ce montant est trop élevé pour un seul paiement",
  currencyMissing: "Choisissez une devise",
  pendingTitle: "Le paiement n’est pas encore confirmé",
  pendingText:
    "Nous n’avons pas reçu de réponse certaine : le paiement est peut-être enregistré, ou ne l’est pas. Réessayez : c’est le même paiement qui est envoyé, vous ne serez pas débité deux fois.",
  pendingReload:
    "La page a été interrompue pendant l’envoi d’un paiement. Réessayez : c’est le même paiement qui est envoyé, vous ne serez pas débité deux fois.",
  retry: "Réessayer le même paiement",
  giveUp: "Abandonner ce paiement",
  giveUpText:
    "Ce paiement est peut-être déjà enregistré. Si vous en saisissez un nouveau, vous risquez de payer deux fois. Demandez d’abord à votre cabinet.",
  giveUpConfirm: "Abandonner malgré tout",
  receiptTitle: "Paiement enregistré",
  receiptText: "Merci. Notez le numéro du paiement ou imprimez ce reçu : il n’est pas conservé sur cet appareil.",
  receiptId: "Numéro du paiement",
  receiptAmount: "Montant",
  receiptConsultation: "Consultation",
  receiptDate: "Date",
  print: "Imprimer le reçu",
  another: "Nouveau paiement",
  footer: "Rien de ce que vous saisissez n’est conservé sur cet appareil après le paiement.",
};

/** @typedef {keyof typeof fr} MessageKey */
/** @typedef {"fr" | "en"} Language */

/** @type {Record<MessageKey, string>} */
const en = {
  title: "Pay for a consultation",
  pageTitle: "Pay for a consultation – MedAssist",
  pageTitleError: "Error – Pay for a consultation – MedAssist",
  pageTitlePending: "Payment to be confirmed – MedAssist",
  pageTitleReceipt: "Payment received – MedAssist",
  skip: "Skip to content",
  tagline: "Tele-consultation",
  otherLanguage: "Français",
  lede: "Enter the references from your appointment letter, then the amount of the consultation.",
  required: "All fields are required.",
  patientLabel: "Patient reference",
  patientHint: "It starts with p-, for example p\u2060-\u20604821",
  consultationLabel: "Consultation reference",
  consultationHint: "It starts with c-, for example c\u2060-\u206090317",
  amountLabel: "Amount",
  amountHint: "For example 25.00",
  currencyLabel: "Currency",
  pay: "Pay",
  payAmount: "Pay {amount}",
  paying: "Sending…",
  sending: "Sending the payment. Keep this page open.",
  sendingAgain: "The answer is slow to come. Trying again, {again} of {of}. You will be charged only once.",
  safe: "A payment is never charged twice, even if the connection is lost.",
  errorTitle: "The payment was not sent",
  refusedTitle: "The payment was refused. You have not been charged.",
  refusedGeneral: "The service does not accept this payment at the moment. Try again later or call your practice.",
  refusedField: "The service does not accept this value: {detail}",
  errorPrefix: "Error: ",
  patientMissing: "Enter the patient reference",
  patientMalformed: "The patient reference must start with p-, followed by letters, digits, _ or -",
  consultationMissing: "Enter the consultation reference",
  consultationMalformed: "The consultation reference must start with c-, followed by letters, digits, _ or -",
  amountMissing: "Enter the amount",
  amountMalformed: "The amount must be a number, for example 25.00",
  amountDecimals: "The amount has too many digits after the decimal point",
  amountNoDecimals: "This currency has no decimals: enter a whole number without a comma or a point",
  amountZero: "The amount must be more than zero",
  amountLarge: "This amount is too large for one payment",
  currencyMissing: "Choose a currency",
  pendingTitle: "The payment is not confirmed yet",
  pendingText:
    "We have no certain answer: the payment may or may not have been recorded. Try again: the same payment is sent, you will not be charged twice.",
  pendingReload:
    "The page was interrupted while a payment was being sent. Try again: the same payment is sent, you will not be charged twice.",
  retry: "Try the same payment again",
  giveUp: "Give up this payment",
  giveUpText:
    "This payment may already have been recorded. If you enter a new one, you may pay twice. Ask your practice first.",
  giveUpConfirm: "Give up anyway",
  receiptTitle: "Payment received",
  receiptText: "Thank you. Note the payment number or print this receipt: it is not kept on this device.",
  receiptId: "Payment number",
  receiptAmount: "Amount",
  receiptConsultation: "Consultation",
  receiptDate: "Date",
  print: "Print the receipt",
  another: "New payment",
  footer: "Nothing you enter is kept on this device after the payment.",
};

/** @type {Readonly<Record<Language, Readonly<Record<MessageKey, string>>>>} */
export const messages = { fr, en };

/** How dates and amounts are written. @type {Readonly<Record<Language, string>>} */
export const locales = { fr: "fr", en: "en-GB" };

/**
 * @param {string | null | undefined} text
 * @returns {text is Language}
 */
export function isLanguage(text) {
  return text === "fr" || text === "en";
}

/**
 * The first language that the page speaks: what was chosen, else what the browser asks for, else French.
 * @param {string | null} chosen
 * @param {readonly string[]} wanted language tags, best first
 * @returns {Language}
 */
export function pickLanguage(chosen, wanted) {
  if (isLanguage(chosen)) return chosen;
  return wanted.map((tag) => tag.toLowerCase().split("-")[0]).find(isLanguage) ?? "fr";
}

/**
 * The text of a message, with `{name}` replaced.
 * @param {Language} language
 * @param {MessageKey} key
 * @param {Readonly<Record<string, string | number>>} [values]
 */
export function translate(language, key, values = {}) {
  return messages[language][key].replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all));
}
