/** The whole service: keeper and server. Nothing here reads the environment or a timer. */
import type { Server } from "node:http";
import { Keeper, type KeeperOptions } from "./keeper";
import { createHttpServer } from "./server";

export interface Service {
  readonly keeper: Keeper;
  /** Not listening yet. */
  readonly server: Server;
  /** Stops taking requests, and lets those under way finish. */
  readonly close: () => Promise<void>;
}

export function createService(options: KeeperOptions): Service {
  const keeper = new Keeper(options);
  const server = createHttpServer({ metrics: () => keeper.metrics(), problems: () => keeper.problems });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
  return { keeper, server, close };
}
