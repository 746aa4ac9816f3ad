import { expect } from "chai";
import { type AptSource, findMirror, parseAptSources } from "../../scripts/setup/aptSources";

const none = (): string => "";
const host = { id: "debian", codename: "bookworm" };

describe("apt sources", () => {
  it("are read in the deb822 format", () => {
    const text = [
      "# comment",
      "Types: deb deb-src",
      "# in between",
      "URIs: http://mirror.test/debian",
      "Suites: bookworm bookworm-updates",
      "Components: main contrib",
      "",
      "Types: deb",
      "URIs: http://mirror.test/debian-security",
      "Suites: bookworm-security",
      "Components: main",
      "",
      "Types: deb",
      "Enabled: no",
      "URIs: http://off.test/debian",
      "Suites: bookworm",
      "Components: main",
      "",
      "Types: deb-src",
      "URIs: http://source.test/debian",
      "Suites: bookworm",
      "Components: main",
    ].join("\n");
    expect(findMirror(parseAptSources("debian.sources", text, none), host)).to.deep.equal({
      archive: "http://mirror.test/debian",
      updates: true,
      security: "http://mirror.test/debian-security",
    });
  });

  it("are read in the one-line format, with options and comments", () => {
    const text = [
      "# deb http://comment.test/debian bookworm main",
      "deb-src http://source.test/debian bookworm main",
      "deb [arch=amd64 signed-by=/k.gpg] https://other.test/apt bookworm stable",
      "deb [arch=amd64] https://mirror.test/debian bookworm main # ours",
    ].join("\n");
    const sources = parseAptSources("sources.list", text, none);
    expect(findMirror(sources, host)).to.deep.equal({ archive: "https://mirror.test/debian", updates: false });
  });

  it("follow a mirror list as Debian's cloud images have it", () => {
    const text = "Types: deb\nURIs: mirror+file:///etc/apt/mirrors/debian.list\nSuites: bookworm\nComponents: main\n";
    const lists: string[] = [];
    const sources = parseAptSources("debian.sources", text, (path) => {
      lists.push(path);
      return "# list\nhttps://cloud.test/debian\n";
    });
    expect(lists).to.deep.equal(["/etc/apt/mirrors/debian.list"]);
    expect(findMirror(sources, host).archive).to.equal("https://cloud.test/debian");
  });

  it("without a Debian archive, or on another system, give an error that says what is needed", () => {
    const source: AptSource = { uri: "http://mirror.test/ubuntu", suite: "noble", components: ["main"] };
    expect(() => findMirror([source], host)).to.throw(/No Debian archive in the apt sources/);
    expect(() => findMirror([source], { id: "ubuntu", codename: "noble" })).to.throw(/cannot be built on ubuntu/);
    const cdrom = parseAptSources("sources.list", "deb cdrom:[Debian]/ bookworm main\n", none);
    expect(() => findMirror(cdrom, host)).to.throw(/No Debian archive/);
  });
});
