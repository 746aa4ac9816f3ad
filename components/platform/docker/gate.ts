/** Asks the whole whether it works, the way a patient's request would come in. */
import { request as http } from "node:http";
import { request as https } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { milliseconds, seconds } from "../../../configs/units";
import type { GateSpec } from "../spec";
import { failure } from "./failure";

const pause = milliseconds(250);
const answerWithin = seconds(3);

/** Resolves when the gate's URL has answered 200. @throws RunError with the last answer when the time is over */
export async function passes(spec: GateSpec): Promise<void> {
  const end = Date.now() + spec.within.milliseconds;
  for (;;) {
    const answer = await ask(spec.url);
    if (answer.status === 200) return;
    if (Date.now() > end) {
      throw failure(
        `${spec.name}: ${spec.url} does not say that the platform is ready, ${spec.within.toShort()} after everything was started.\n` +
          `  last answer: ${answer.text}\n  \`npm run status\` shows which service is not well; \`docker logs <name>\` shows why.`,
      );
    }
    await sleep(pause.milliseconds);
  }
}

function ask(url: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve({ status: 0, text: error.message });
    // Whether it answers is asked here, not who it is: the certificate is for the patients' name, not for this address.
    const options = { timeout: answerWithin.milliseconds, headers: { connection: "close" }, rejectUnauthorized: false };
    const request = (url.startsWith("https:") ? https : http)(url, options, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk.slice(0, 4096 - body.length);
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: `${response.statusCode} ${body.trim()}` }),
      );
      response.on("error", failed);
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${answerWithin.toShort()}`)));
    request.on("error", failed);
    request.end();
  });
}
