/** The body of a request, within bounds. */
import type { IncomingMessage } from "node:http";
import { malformed, Problem } from "../problem";

export const maxBodyBytes = 1024 * 1024;

function tooLarge(): Problem {
  return new Problem({
    status: 413,
    slug: "body-too-large",
    title: "Body too large",
    detail: `The body is larger than ${maxBodyBytes} bytes.`,
    field: "body",
    headers: { connection: "close" },
  });
}

/** @throws Problem 413 over `maxBodyBytes`, 400 if it is not JSON in UTF-8 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) throw tooLarge();
  const content = await readBytes(request);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch {
    throw malformed("body", "Must be JSON in UTF-8.");
  }
}

function readBytes(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on("data", (part: Buffer) => {
      size += part.length;
      // What comes after is read and thrown away until the answer is out: else the sender would not see it.
      if (size > maxBodyBytes) return reject(tooLarge());
      parts.push(part);
    });
    request.on("end", () => resolve(Buffer.concat(parts)));
    request.on("error", reject);
    request.on("close", () => reject(malformed("body", "It was not sent to its end.")));
  });
}
