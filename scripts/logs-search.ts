/** `npm run logs:search -- TEXT`: every stored line in which a text is, also those that could not be stored as they were. */
import { parseSearch } from "./logs/options";
import { runCommand } from "./logs/terminal";
import { main } from "./stack/main";

main(async () => runCommand(parseSearch(process.argv.slice(2))));
