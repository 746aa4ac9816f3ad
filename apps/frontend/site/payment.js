/** Sends an attempt to the API, again and again under the same key, until the outcome is certain or patience ends. */

/** @typedef {{ field: string, detail: string }} Refusal */
/**
 * @typedef {{ kind: "paid", id: string, at: string }
 *   | { kind: "refused", status: number, refusals: Refusal[] }
 *   | { kind: "unknown" }} Outcome
 */
/**
 * @typedef {object} Means
 * @property {(url: string, init: RequestInit) => Promise<Response>} fetch
 * @property {(milliseconds: number) => Promise<void>} sleep
 * @property {(attempt: import("./attempt.js").Attempt) => void} save called before each request
 * @property {(again: number, of: number) => void} onRetry called when a request is repeated
 * @property {() => number} random 0 ≤ x < 1
 */

/** How often one press of the button sends at most. */
export const maxTries = 5;
const timeLimit = 20_000;
const longestPause = 15_000;

/**
 * @param {import("./attempt.js").Attempt} attempt
 * @param {Means} means
 * @returns {Promise<Outcome>}
 */
export async function sendPayment(attempt, means) {
  let { tries } = attempt;
  for (let round = 1; ; round++) {
    tries += 1;
    means.save({ ...attempt, tries });
    const answer = await sendOnce(attempt, means);
    if (answer.kind === "paid") return answer;
    if (answer.kind === "refused" && isCertain(answer, tries)) return answer;
    if (answer.kind !== "again" || round === maxTries) return { kind: "unknown" };
    const pause = Math.max(1000 * 2 ** (round - 1) * (0.8 + 0.4 * means.random()), answer.after);
    await means.sleep(Math.min(pause, longestPause));
    means.onRetry(round + 1, maxTries);
  }
}

/**
 * "No" to the first request means that nothing was paid. After a request that got lost, only a "no" to what the order
 * itself says does: the same order would have been refused then, too.
 * @param {{ status: number }} refusal
 * @param {number} tries
 */
function isCertain({ status }, tries) {
  return tries === 1 || [400, 413, 415, 422].includes(status);
}

/**
 * @param {import("./attempt.js").Attempt} attempt
 * @param {Means} means
 * @returns {Promise<Outcome | { kind: "again", after: number }>}
 */
async function sendOnce({ key, order }, means) {
  /** @type {Response} */
  let response;
  /** @type {any} */
  let body;
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), timeLimit);
  try {
    response = await means.fetch("/api/payment", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": key },
      body: JSON.stringify(order),
      cache: "no-store",
      redirect: "error",
      signal: control.signal,
    });
    const text = await response.text();
    body = parseJson(text);
  } catch {
    return { kind: "again", after: 0 }; // the network, or the time limit
  } finally {
    clearTimeout(timer);
  }

  const { status } = response;
  if (status === 200 || status === 201) {
    const same = body?.amount === order.amount && body?.currency === order.currency;
    if (!same || typeof body.id !== "string") return { kind: "unknown" };
    return { kind: "paid", id: body.id, at: typeof body.created_at === "string" ? body.created_at : "" };
  }
  if ([408, 409, 425, 429, 502, 503, 504].includes(status)) {
    return { kind: "again", after: retryAfter(response.headers.get("Retry-After")) };
  }
  if (status >= 400 && status < 500) return { kind: "refused", status, refusals: readRefusals(body) };
  return { kind: "unknown" };
}

/**
 * What an RFC 9457 problem document says about fields.
 * @param {any} problem
 * @returns {Refusal[]}
 */
export function readRefusals(problem) {
  if (Array.isArray(problem?.errors)) {
    return problem.errors
      .filter((/** @type {any} */ error) => typeof error?.field === "string")
      .map((/** @type {any} */ error) => ({ field: error.field, detail: String(error.detail ?? "") }));
  }
  if (typeof problem?.field === "string") return [{ field: problem.field, detail: String(problem.detail ?? "") }];
  const detail = problem?.detail ?? problem?.title;
  return typeof detail === "string" ? [{ field: "", detail }] : [];
}

/** @param {string | null} header seconds; dates are not used here */
function retryAfter(header) {
  return header !== null && /^\d{1,4}$/.test(header) ? Number(header) * 1000 : 0;
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
