/** What keeps Elasticsearch from doing what it is asked, in a sentence for whoever has to do something about it. */
import { errorKind } from "./logger";

/**
 * `away`: it does not answer, or is not ready. `locked`: it is not trusted, or does not trust us. Either way nothing more
 * can be asked of it for now. `full`: it takes nothing more, since its disk is full. `missing`: there is no such thing.
 * `refused`: everything else.
 */
export type TroubleKind = "away" | "locked" | "full" | "missing" | "refused";

export class Trouble extends Error {
  constructor(
    readonly kind: TroubleKind,
    sentence: string,
  ) {
    super(sentence);
    this.name = "Trouble";
  }

  /** Whether it would be the same for every other question. */
  get stops(): boolean {
    return this.kind === "away" || this.kind === "locked";
  }
}

/** OpenSSL's and Node's words for a certificate that cannot be followed to the authority. */
const untrusted = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "INVALID_CA",
]);

/** No answer came. */
export function noAnswer(error: unknown, url: string, caFile: string): Trouble {
  const code = errorKind(error);
  const host = new URL(url).hostname;
  const locked = (sentence: string): Trouble => new Trouble("locked", sentence);
  if (untrusted.has(code))
    return locked(
      `The certificate of ${url} is not signed by the authority in ${caFile} (${code}): no password is sent to it`,
    );
  if (code === "CERT_HAS_EXPIRED")
    return locked(
      `The certificate of ${url}, or its authority in ${caFile}, has expired (${code}): no password is sent to it`,
    );
  if (code === "CERT_NOT_YET_VALID")
    return locked(`The certificate of ${url} is not valid yet (${code}): is a clock wrong?`);
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return locked(`The certificate of ${url} is not for the name ${host} (${code}): no password is sent to it`);
  if (code === "EPROTO" || code.startsWith("ERR_SSL"))
    return locked(`${url} does not speak TLS as it should (${code})`);
  const why = code === "TimeoutError" ? "no answer in time" : code;
  return new Trouble("away", `Elasticsearch does not answer at ${url} (${why})`);
}

export interface Refusal {
  readonly status: number;
  readonly user: string;
  readonly what: string;
  /** The answer, as it came. */
  readonly body: string;
}

/** An answer came, and it was no. */
export function refusal({ status, user, what, body }: Refusal): Trouble {
  const { type, reason } = readError(body);
  if (status === 401) return new Trouble("locked", `Elasticsearch refuses the password of ${user} (401)`);
  if (status === 404)
    return new Trouble("missing", `Elasticsearch does not have ${what} (404${type ? `, ${type}` : ""})`);
  if (type === "cluster_block_exception" && /read-only/.test(reason))
    return new Trouble("full", `Elasticsearch takes nothing more for now, its disk is full: ${reason}`);
  if (status === 502 || status === 503 || status === 504)
    return new Trouble("away", `Elasticsearch is not ready (${status}${type ? `, ${type}` : ""})`);
  const said = [type, reason].filter(Boolean).join(": ") || "without a reason";
  if (status === 403) return new Trouble("refused", `${user} may not do this in Elasticsearch: ${what} (403, ${said})`);
  return new Trouble("refused", `Elasticsearch refuses ${what} (${status}, ${said})`);
}

/** Longest reason that is passed on, characters: Elasticsearch repeats whole documents. */
const longestReason = 300;

function readError(body: string): { readonly type: string; readonly reason: string } {
  let error: unknown;
  try {
    error = (JSON.parse(body) as { error?: unknown } | null)?.error;
  } catch {
    return { type: "", reason: "" };
  }
  const { type, reason } = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  return {
    type: typeof type === "string" ? type : "",
    reason: typeof reason === "string" ? reason.replaceAll(/\s+/g, " ").slice(0, longestReason) : "",
  };
}
