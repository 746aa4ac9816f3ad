/** The whole service: journal, recorder, server. Nothing here reads the environment or a timer. */
import type { Server } from "node:http";
import { readAssets } from "./assets";
import { createRoutes } from "./http/routes";
import { createHttpServer } from "./http/server";
import { Journal } from "./journal";
import type { Logger } from "./logger";
import type { Send } from "./outgoing";
import { askHealth, type Health } from "./prometheus";
import { Recorder } from "./recorder";
import type { Settings } from "./settings";

export interface ServiceOptions {
  readonly settings: Settings;
  readonly log: Logger;
  readonly send: Send;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Service {
  readonly recorder: Recorder;
  /** Not listening yet. */
  readonly server: Server;
  /** Stops taking requests, lets those under way finish, and closes the journal. */
  readonly close: () => Promise<void>;
}

/** However many look at the page, Prometheus is asked once in this time. Milliseconds. */
const healthAge = 3000;

/** @throws Error if the folder of the journal cannot be used */
export function createService({ settings, log, send, now }: ServiceOptions): Service {
  const { journal, state, warnings } = Journal.open(settings.dataDir);
  for (const warning of warnings) log("warning", warning);
  const recorder = new Recorder({ settings, journal, state, log, send, now });
  const health = remember(() => askHealth(send, settings.prometheusUrl, settings.stack), now);
  const { stack, maintenance, runbooksDir, webhookToken, adminPassword } = settings;
  const secrets = { webhookToken, adminPassword };
  const server = createHttpServer(
    createRoutes({ recorder, secrets, stack, maintenance, runbooksDir, now, log, health, assets: readAssets() }),
    log,
  );
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
    journal.close();
  };
  return { recorder, server, close };
}

function remember(ask: () => Promise<Health>, now: () => number): () => Promise<Health> {
  let asked = Number.NEGATIVE_INFINITY;
  let answer: Promise<Health> | undefined;
  return () => {
    if (!answer || now() - asked > healthAge) {
      asked = now();
      answer = ask();
    }
    return answer;
  };
}
