/** Ports for test stacks, which stay theirs also while a stack is down between two `up`s. */
import { createServer, type Server } from "node:net";

/**
 * Below the range from which Linux takes the ports of outgoing connections and of `listen(0)` (32768 and up): a port from
 * there may be free when it is chosen and taken when the stack comes up.
 */
const first = 12_000;
const last = 32_000;
const blockSize = 100;

/** The blocks of this process, each held by its first port, so that another test process takes another. */
const held: Server[] = [];
let next = 0;
let end = 0;

/** @returns a server that listens on the port of the loopback address, or undefined if somebody else does */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

/** Moves on to a block of ports that no other test process has. @throws if there is none */
async function takeBlock(): Promise<void> {
  for (let start = first; start < last; start += blockSize) {
    const server = await listen(start);
    if (server === undefined) continue;
    held.push(server.unref());
    next = start + 1;
    end = start + blockSize;
    return;
  }
  throw new Error(`no block of ${blockSize} ports is free between ${first} and ${last}: what listens there?`);
}

/** Ports of the loopback address on which nobody listens, and which no other test is given. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    if (next === end) await takeBlock();
    const port = next++;
    const server = await listen(port);
    if (server === undefined) continue;
    await new Promise((resolve) => server.close(resolve));
    ports.push(port);
  }
  return ports;
}
