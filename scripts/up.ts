/** `npm run up`: brings the platform up, whatever is missing and whatever state the last command left. */
import { imagesOf } from "../configs/images";
import { ensureImages } from "./setup/images";
import { consoleLog } from "./setup/progress";
import { main } from "./stack/main";
import { removeOldImages } from "./stack/oldImages";
import { parseOptions } from "./stack/options";
import { printOutputs } from "./stack/outputs";
import { prepare } from "./stack/prepare";
import { recover } from "./stack/recover";
import { parallel } from "./stack/session";

main(async () => {
  const log = consoleLog();
  const options = parseOptions("up", { "no-refresh": "do not ask the engine first what was changed by hand" });
  const { session, settings } = await prepare(options, log);
  // One after the other, with a word on each: Pulumi would build them all at once and thrash.
  await ensureImages(settings.imageSource, log, imagesOf(settings));
  await recover(session, options.stack, log);
  const refresh = options.flags.has("no-refresh") ? [] : ["--refresh"];
  const code = await session.show(["up", "--yes", "--skip-preview", ...parallel, "--suppress-outputs", ...refresh]);
  if (code !== 0) {
    process.stderr.write(
      "medassist: the `up` failed; what is wrong stands above. What ran before still runs. `npm run status` shows it.\n",
    );
    return code;
  }
  await removeOldImages(settings.imageSource);
  await printOutputs(session, settings);
  return 0;
});
