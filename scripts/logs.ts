/** `npm run logs`: the lines of the stack's containers, the oldest first; with `--follow` also those to come. */
import { parseLogs } from "./logs/options";
import { runCommand } from "./logs/terminal";
import { main } from "./stack/main";

main(async () => runCommand(parseLogs(process.argv.slice(2))));
