/** `npm run preview`: what `npm run up` would change, with the text of every config file that differs. */
import { consoleLog } from "./setup/progress";
import { main } from "./stack/main";
import { parseOptions } from "./stack/options";
import { prepare } from "./stack/prepare";

main(async () => {
  const options = parseOptions("preview", { diff: "show every property that would change" });
  const { session } = await prepare(options, consoleLog());
  return session.show(["preview", ...(options.flags.has("diff") ? ["--diff"] : [])]);
});
