import * as pulumi from "@pulumi/pulumi";
import { nginxHealthPath, nginxStatusPath, renderNginx } from "../configs/nginx";
import { ports } from "../configs/ports";
import type { HttpEntry, LogSource, ProbeTarget } from "../configs/roles";
import type { Settings } from "../configs/settings";
import { seconds } from "../configs/units";
import type { Platform, Ready } from "./platform/platform";
import { Probe } from "./platform/probe";
import type { FileSet } from "./platform/spec";

export interface FrontendArgs {
  readonly platform: Platform;
  readonly settings: Settings;
  /** Where `/api/` is passed on to. */
  readonly upstream: HttpEntry;
}

/** Nginx with the patients' page. */
export class Frontend extends pulumi.ComponentResource {
  /** Nginx's counters, as the containers reach them. */
  readonly statusUrl = `http://${host}:${ports.frontendStatus}${nginxStatusPath}`;
  readonly probes: readonly ProbeTarget[];
  readonly logSources: readonly LogSource[] = [{ service: host, format: "json", quiet: false }];
  readonly ready: Ready;

  constructor(name: string, { platform, settings, upstream }: FrontendArgs, opts?: pulumi.ComponentResourceOptions) {
    super("medassist:index:Frontend", name, {}, opts);
    const url = `${settings.tls ? "https" : "http"}://${host}:${ports.frontend}/`;
    this.probes = [{ name: host, url, module: "http_2xx" }];
    const certificate: FileSet | undefined = settings.tls && {
      name: "frontend-secrets",
      image: "frontend",
      owner,
      mount: "/secrets",
      content: {
        secret: {
          [certificateFile]: pulumi.secret(settings.tls.certificate),
          [keyFile]: pulumi.secret(settings.tls.key),
        },
      },
      reload: { kind: "watched" },
    };
    const config: FileSet = {
      name: "frontend-config",
      image: "frontend",
      owner,
      mount: "/config",
      content: {
        plain: {
          "nginx.conf": renderNginx({
            upstream,
            tls: certificate && {
              certificateFile: `${certificate.mount}/current/${certificateFile}`,
              keyFile: `${certificate.mount}/current/${keyFile}`,
            },
          }),
        },
      },
      validate: ["nginx", "-t", "-q", "-c", "nginx.conf", "-p", "./"],
      needs: certificate ? [certificate] : [],
      reload: { kind: "watched" },
    };
    const files = [config, ...(certificate ? [certificate] : [])];
    this.ready = platform.service(
      {
        name: host,
        image: "frontend",
        command: ["sh", "-c", watchAndServe(files.map((set) => `${set.mount}/current`))],
        owner,
        files,
        tmpfs: [{ mount: "/tmp" }],
        networks: ["medassist"],
        publish: [{ internal: ports.frontend, external: settings.ports.frontend, address: settings.publicAddress }],
        probe: settings.tls ? tlsProbe : Probe.http(nginxHealthPath, ports.frontend),
        memory: settings.memory.nginx,
        stopGrace: seconds(15),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

const host = "frontend";
const owner = { uid: 101, gid: 101 };
const certificateFile = "tls.crt";
const keyFile = "tls.key";
/** Whether it answers is asked, not who it is: the certificate is for the patients' name. */
const tlsProbe = Probe.command([
  "wget",
  "-q",
  "--no-check-certificate",
  "-O",
  "/dev/null",
  `https://127.0.0.1:${ports.frontend}${nginxHealthPath}`,
]);

/** Nginx has no control socket: a loop beside it looks which release is current, and tells it to reload when that changed. */
function watchAndServe(links: readonly string[]): string {
  const release = `$(readlink ${links.join(" ")})`;
  const nginx = "nginx -c /config/current/nginx.conf";
  return `loaded="${release}"
while sleep 2; do
  now="${release}"
  [ "$now" = "$loaded" ] || { loaded=$now; ${nginx} -s reload; }
done &
exec ${nginx} -g 'daemon off;'`;
}
