/** `npm run -s output -- NAME`: one output of the stack, also a secret one, and nothing else on standard output. */
import { SetupError } from "./setup/errors";
import { consoleLog } from "./setup/progress";
import { main } from "./stack/main";
import { parseOptions } from "./stack/options";
import { openSession } from "./stack/session";

main(async () => {
  const args = process.argv.slice(2);
  const name = args[0] && !args[0].startsWith("-") ? args.shift() : undefined;
  const session = await openSession(parseOptions("output", {}, args), consoleLog());
  const outputs = JSON.parse(await session.capture(["stack", "output", "--json", "--show-secrets"])) as Record<
    string,
    unknown
  >;
  if (name === undefined || outputs[name] === undefined) {
    throw new SetupError(
      `${name ? `there is no output "${name}"` : "no output named"}. There are: ${Object.keys(outputs).join(", ") || "none, the stack is not up"}`,
    );
  }
  const value = outputs[name];
  process.stdout.write(`${typeof value === "string" ? value : JSON.stringify(value)}\n`);
  return 0;
});
