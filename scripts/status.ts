/** `npm run status`: what of a stack runs, how it is, and where it listens. It needs the engine alone, no Pulumi. */
import { explain, probeEngine } from "./setup/engine";
import { main } from "./stack/main";
import { parseOptions } from "./stack/options";
import { formatStatus, isWell, readStatus } from "./stack/status";

main(async () => {
  const options = parseOptions("status", { json: "machine-readable" });
  const engine = await probeEngine();
  if (engine.state !== "ready") throw explain(engine);
  const services = await readStatus(options.stack);
  process.stdout.write(
    options.flags.has("json") ? `${JSON.stringify(services, null, 2)}\n` : formatStatus(options.stack, services),
  );
  return isWell(services) ? 0 : 1;
});
