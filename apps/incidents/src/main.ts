/** Starts the recorder: environment, clock, timer, signals. */
import { createLogger, errorKind } from "./logger";
import { send } from "./outgoing";
import { createService, type Service } from "./service";
import { exitConfig, readSettings, type Settings, SettingsError } from "./settings";

/** Longest time for requests and a tick under way after SIGTERM, milliseconds; Docker kills after 10 s. */
const stopLimit = 5000;

const write = (line: string): void => void process.stdout.write(line);
const now = Date.now;

function refuse(message: string): never {
  const { STACK: stack = "" } = process.env;
  createLogger({ stack, level: "info", now, write: (line) => void process.stderr.write(line) })("critical", message);
  process.exit(exitConfig);
}

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (error instanceof SettingsError) refuse(`configuration: ${error.message}`);
    throw error;
  }
}

function start(settings: Settings): void {
  const log = createLogger({ stack: settings.stack, level: settings.logLevel, now, write });
  let service: Service;
  try {
    service = createService({ settings, log, send, now });
  } catch (error) {
    refuse(`configuration: DATA_DIR cannot be used (${errorKind(error)})`);
  }
  const { recorder, server, close } = service;
  let ticking: Promise<void> | undefined;
  const tick = (): void => {
    ticking = recorder.tick();
  };
  const timer = setInterval(tick, 1000);

  server.on("error", (error) => {
    log("critical", "cannot listen", { reason: errorKind(error) });
    process.exit(1);
  });
  server.listen(settings.port, () => {
    log("info", "listening", { port: settings.port, revision: settings.revision, alerts: recorder.state.alerts.size });
    tick();
  });

  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log("info", "stopping", { signal });
    clearInterval(timer);
    const late = setTimeout(() => {
      log("warning", "not all requests finished in time");
      server.closeAllConnections();
    }, stopLimit);
    await Promise.race([ticking, new Promise((resolve) => setTimeout(resolve, stopLimit).unref())]);
    await close();
    clearTimeout(late);
    log("info", "stopped");
    process.exitCode = 0;
    // Requests to others may still be open; nothing waits for their answers.
    process.stdout.write("", () => process.exit(0));
  };
  process.on("SIGTERM", () => void stop("SIGTERM"));
  process.on("SIGINT", () => void stop("SIGINT"));
}

start(settingsOrExit());
