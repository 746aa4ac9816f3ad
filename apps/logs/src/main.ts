/** Starts the keeper: environment, clock, timer, signals. */
import { setTimeout as sleep } from "node:timers/promises";
import { createLogger, errorKind } from "./logger";
import { createSend } from "./outgoing";
import { createService } from "./service";
import { exitConfig, readSettings, type Settings, SettingsError } from "./settings";

/** Longest time for what is under way after SIGTERM, milliseconds; Docker kills after 10 s. */
const stopLimit = 5000;
/** As often is looked what is due: the delay of a test line is measured no finer. Milliseconds. */
const tickEvery = 200;

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
  const { stack, logLevel: level } = settings;
  const log = createLogger({ stack, level, now, write });
  // Written whatever level is asked for: without it nothing is measured.
  const test = createLogger({ stack, level: "debug", now, write });
  const { send, close: closeConnections } = createSend(settings.authority);
  const { keeper, server, close } = createService({
    settings,
    log,
    send,
    now,
    pause: (milliseconds) => sleep(milliseconds),
    writeTest: (fields) => test("debug", "test line of the log keeper", fields),
  });
  const timer = setInterval(() => void keeper.tick(), tickEvery);

  server.on("error", (error) => {
    log("critical", "cannot listen", { reason: errorKind(error) });
    process.exit(1);
  });
  server.listen(settings.port, () => {
    log("info", "listening", { port: settings.port, revision: settings.revision });
    void keeper.tick();
  });

  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log("info", "stopping", { signal });
    clearInterval(timer);
    const late = setTimeout(() => server.closeAllConnections(), stopLimit);
    await close();
    clearTimeout(late);
    closeConnections();
    log("info", "stopped");
    process.exitCode = 0;
    // What Elasticsearch was asked may be under way: it is asked again after the next start.
    process.stdout.write("", () => process.exit(0));
  };
  process.on("SIGTERM", () => void stop("SIGTERM"));
  process.on("SIGINT", () => void stop("SIGINT"));
}

start(settingsOrExit());
