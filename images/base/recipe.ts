/**
 * The recipe of the base image which all offline builds start FROM. Plain data, no I/O: settings and configs may
 * import it to know the reference of an image which does not exist yet.
 *
 * The tag covers the recipe, never the machine (mirror, certificates): two machines agree on the name.
 */
import { createHash } from "node:crypto";

const caBundle = "/etc/ssl/certs/ca-certificates.crt";
/** Where the host's bundle is kept inside, out of reach of the `ca-certificates` package. */
const hostCaBundle = "/usr/local/share/medassist/host-ca-certificates.crt";

export const baseRecipe = {
  /** Raise it when scripts/setup/baseImage.ts does something else than before. */
  version: 1,
  suite: "trixie",
  variant: "minbase",
  caBundle,
  hostCaBundle,
  /** Files written into the root file system; `mode` is 0644 unless said. */
  files: [
    { path: "/etc/pip.conf", text: `[global]\ncert = ${caBundle}\ndisable-pip-version-check = true\n` },
    { path: "/etc/npmrc", text: `cafile=${caBundle}\n` },
    {
      // A later `apt-get install ca-certificates` rewrites the bundle: this hook puts the host's back.
      path: "/etc/ca-certificates/update.d/zz-host-bundle",
      mode: 0o755,
      text: `#!/bin/sh\ncp ${hostCaBundle} ${caBundle}\n`,
    },
    {
      path: "/etc/apt/apt.conf.d/90medassist",
      text: [
        'APT::Install-Recommends "false";',
        'APT::Install-Suggests "false";',
        'Acquire::Languages "none";',
        'Acquire::Retries "3";',
        'Dir::Cache::pkgcache "";',
        'Dir::Cache::srcpkgcache "";',
        'Binary::apt::APT::Keep-Downloaded-Packages "false";',
        'APT::Keep-Downloaded-Packages "false";',
        'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };',
        "",
      ].join("\n"),
    },
    {
      path: "/etc/dpkg/dpkg.cfg.d/90medassist",
      text: [
        "force-unsafe-io",
        "path-exclude=/usr/share/doc/*",
        "path-include=/usr/share/doc/*/copyright",
        "path-exclude=/usr/share/man/*/*",
        "path-exclude=/usr/share/info/*",
        "path-exclude=/usr/share/locale/*/*",
        "path-exclude=/usr/share/lintian/*",
        "",
      ].join("\n"),
    },
    {
      // `apt-install-unstable nginx`: where stable is too old for the contract of an upstream image.
      path: "/usr/local/sbin/apt-install-unstable",
      mode: 0o755,
      text: [
        "#!/bin/sh",
        "# Installs packages from Debian unstable; of their dependencies only those that stable is too old for.",
        "set -e",
        "sources=/etc/apt/sources.list.d preferences=/etc/apt/preferences.d/unstable",
        'trap \'rm -f "$sources/unstable.sources" "$preferences"\' EXIT',
        // The first stanza is the archive (scripts/setup/baseImage.ts).
        'sed "/^$/q; s/^Suites:.*/Suites: unstable/" "$sources/debian.sources" > "$sources/unstable.sources"',
        'printf "Package: *\\nPin: release a=unstable\\nPin-Priority: 50\\n" > "$preferences"',
        "apt-get -o Acquire::Check-Valid-Until=false update -q",
        'for package; do shift; set -- "$@" "$package/unstable"; done',
        'apt-get install -q -y --no-install-recommends "$@"',
        "",
      ].join("\n"),
    },
    // Packages installed in a build never start their daemons.
    { path: "/usr/sbin/policy-rc.d", mode: 0o755, text: "#!/bin/sh\nexit 101\n" },
  ] as readonly { readonly path: string; readonly text: string; readonly mode?: number }[],
  /** Run inside with `sh -c`: newest packages of the suites, then nothing left that differs from build to build. */
  finish: [
    "export DEBIAN_FRONTEND=noninteractive",
    "apt-get update -q",
    "apt-get upgrade -q -y",
    "apt-get clean",
    "rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache /var/log/*.log /var/log/apt/*",
    "find /usr/share/doc -type f ! -name copyright -delete",
    "find /usr/share/man /usr/share/info /usr/share/locale /usr/share/lintian ! -type d -delete 2>/dev/null || true",
    "find /usr/share/locale -mindepth 1 -type d -empty -delete 2>/dev/null || true",
    ": > /etc/machine-id",
    "rm -f /etc/resolv.conf /etc/hostname",
  ],
  /** `docker import --change` */
  changes: [
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "ENV LANG=C.UTF-8",
    `ENV NODE_EXTRA_CA_CERTS=${caBundle}`,
    'CMD ["/bin/bash"]',
  ],
} as const;

/** @returns `medassist/base:trixie-<hash of the recipe>` */
export function baseImageReference(): string {
  const hash = createHash("sha256").update(JSON.stringify(baseRecipe)).digest("hex").slice(0, 12);
  return `medassist/base:${baseRecipe.suite}-${hash}`;
}
