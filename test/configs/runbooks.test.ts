/** The runbooks as the incident recorder shows them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { renderRunbook, runbookVariables } from "../../configs/runbooks";
import { parseSettings } from "../../configs/settings";

const folder = join(__dirname, "..", "..", "runbooks");
const pages = readdirSync(folder).filter((file) => file.endsWith(".md"));

describe("the runbooks as web pages", () => {
  const settings = parseSettings(
    { entryPort: "12345" },
    { stack: "clinic", imageSourceFound: undefined, readFile: () => "" },
  );
  const variables = runbookVariables(settings);

  it("have commands for the stack that shows them", () => {
    const text = [
      "```sh",
      "curl ${SCHEME:-http}://127.0.0.1:${ENTRY_PORT:-8081}/ready",
      "docker restart ${STACK:-dev}-${REPLICA:-api}",
      "```",
    ];
    expect(renderRunbook(text.join("\n"), variables)).to.equal(
      '<pre><code class="language-sh">curl http://127.0.0.1:12345/ready\ndocker restart clinic-${REPLICA:-api}\n</code></pre>\n',
    );
  });

  for (const page of pages) {
    it(`${page} leads only to pages that there are, and knows its stack's names and ports`, () => {
      const html = renderRunbook(readFileSync(join(folder, page), "utf8"), variables);
      for (const [, target = ""] of html.matchAll(/<a href="([^"]*)"/g)) {
        if (/^https?:/.test(target)) continue;
        expect(existsSync(join(folder, `${target}.md`)), target).to.equal(true);
      }
      const asked = [...html.matchAll(/\$\{([A-Z_]+):-/g)].map(([, name]) => name);
      for (const name of asked) expect(["REPLICA", "SERVICE", "EDITOR"]).to.include(name);
    });
  }
});
