/** Errors that a caller is told, as RFC 9457 problem documents. */
export const problemType = "application/problem+json";

export interface ProblemInput {
  readonly status: number;
  /** Last part of the problem's URN: lower case, hyphens. */
  readonly slug: string;
  readonly title: string;
  readonly detail: string;
  /** What of the request is at fault: a member's path such as `alerts[0].labels`, a header, `body`, `path`. */
  readonly field?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is an error. Nothing of the request but the name of a field is ever quoted. */
export class Problem extends Error {
  readonly status: number;
  readonly field: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(private readonly input: ProblemInput) {
    super(input.detail);
    this.name = "Problem";
    this.status = input.status;
    this.field = input.field;
    this.headers = input.headers ?? {};
  }

  /** The document as it is sent. */
  body(): string {
    const { slug, title, status, detail, field } = this.input;
    return `${JSON.stringify({ type: `urn:medassist:problem:${slug}`, title, status, detail, ...(field ? { field } : {}) })}\n`;
  }
}

/** 400: a member of the body is not what it must be. */
export function malformed(field: string, detail: string): Problem {
  return new Problem({ status: 400, slug: "malformed", title: "Malformed request", detail, field });
}
