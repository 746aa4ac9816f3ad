/** Reads a machine's apt sources, both formats, and finds the Debian mirror which it uses. Pure text in, data out. */
import { SetupError } from "./errors";

export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
}

export interface Mirror {
  readonly archive: string;
  /** The machine also takes `<codename>-updates` from the archive. */
  readonly updates: boolean;
  /** Where the machine takes `<codename>-security` from, if it does. */
  readonly security?: string;
}

/** @param readMirrorList resolves `mirror+file:` addresses */
export function parseAptSources(path: string, text: string, readMirrorList: (path: string) => string): AptSource[] {
  const sources = path.endsWith(".sources") ? parseDeb822(text) : parseOneLine(text);
  return sources.flatMap((source) => {
    const list = /^mirror\+file:(?:\/\/)?(\/.*)$/.exec(source.uri)?.[1];
    const uri = list === undefined ? source.uri : /^\s*((?:https?|file):\S+)/m.exec(readMirrorList(list))?.[1];
    return uri !== undefined && /^(https?|file):/.test(uri) ? [{ ...source, uri }] : [];
  });
}

function parseDeb822(text: string): AptSource[] {
  const sources: AptSource[] = [];
  const withoutComments = text.split("\n").filter((line) => !line.startsWith("#"));
  for (const stanza of withoutComments.join("\n").split(/\n\s*\n/)) {
    const fields = new Map<string, string[]>();
    for (const [, key = "", value = ""] of stanza.matchAll(/^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)/gm)) {
      fields.set(key.toLowerCase(), value.trim().split(/\s+/));
    }
    if (!fields.get("types")?.includes("deb") || /^(no|false|0|off)$/i.test(fields.get("enabled")?.[0] ?? "")) continue;
    for (const uri of fields.get("uris") ?? []) {
      for (const suite of fields.get("suites") ?? []) {
        sources.push({ uri, suite, components: fields.get("components") ?? [] });
      }
    }
  }
  return sources;
}

function parseOneLine(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (match === null) return [];
    const [, uri = "", suite = "", components = ""] = match;
    return [{ uri, suite, components: components.trim().split(/\s+/) }];
  });
}

/** The Debian archive among the sources: the one that has the machine's own suite with `main`. */
export function findMirror(sources: readonly AptSource[], host: { id: string; codename: string }): Mirror {
  const advice = "offline images are built from Debian packages, so a Debian machine with an apt mirror is needed";
  if (host.id !== "debian")
    throw new SetupError(`The base image cannot be built on ${host.id || "this system"}: ${advice}.`);
  const main = sources.filter((source) => source.components.includes("main"));
  const names = [host.codename, "stable", "oldstable", "testing", "unstable", "sid"].filter((name) => name !== "");
  const archive = names
    .map((name) => main.find((source) => source.suite === name))
    .find((found) => found !== undefined);
  if (archive === undefined) throw new SetupError(`No Debian archive in the apt sources of this machine: ${advice}.`);
  const ending = (suffix: string): AptSource | undefined =>
    main.find((source) => names.some((name) => source.suite === `${name}${suffix}`));
  const security = ending("-security");
  return {
    archive: archive.uri,
    updates: ending("-updates") !== undefined,
    ...(security === undefined ? {} : { security: security.uri }),
  };
}
