import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { importCommand, renderKibanaYml, renderLogin } from "../configs/kibana/kibanaYml";
import { renderSavedObjects } from "../configs/kibana/savedObjects";
import { kibanaUser, type LogAccount, logAdmin } from "../configs/logs/streams";
import { ports } from "../configs/ports";
import type { Settings } from "../configs/settings";
import { MiB, minutes, seconds } from "../configs/units";
import { adminUrl } from "../configs/urls";
import { password } from "./passwords";
import type { Platform, Ready } from "./platform/platform";
import { Probe, unhurried } from "./platform/probe";
import type { FileSet, JobSpec, SecretText, ServiceSpec } from "./platform/spec";

export interface KibanaArgs {
  readonly platform: Platform;
  readonly settings: Settings;
  /** Elasticsearch, as the containers call it, and the authority (PEM) that says that it is. */
  readonly store: { readonly url: string; readonly ca: pulumi.Output<string> };
  readonly passwords: Readonly<Record<LogAccount, SecretText>>;
}

/**
 * Kibana with the dashboards of the logs. Its image cannot be built here: it runs only where images can be pulled. People
 * log in as the reader of the logs.
 */
export class Kibana extends pulumi.ComponentResource {
  readonly ready: readonly Ready[];

  constructor(name: string, args: KibanaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("medassist:index:Kibana", name, {}, opts);
    const { platform, settings } = args;
    const key = (what: string): SecretText => password(`kibana-${what}`, settings.secretsEpoch, this).result;
    const keys = { security: key("security"), savedObjects: key("saved-objects"), reporting: key("reporting") };
    const server = platform.service(kibana(args, keys), { parent: this });
    const objects = platform.job(dashboards(args), { parent: this, after: [server] });
    this.ready = [server, objects];
    this.registerOutputs({});
  }
}

const host = "kibana";
const owner = { uid: 1000, gid: 1000 };

function kibana({ settings, store, passwords }: KibanaArgs, keys: Readonly<Record<Key, SecretText>>): ServiceSpec {
  const mount = "/secrets";
  const authorityFile = "ca.crt";
  const secrets: FileSet = {
    name: "kibana-secrets",
    image: host,
    owner,
    mount,
    content: {
      secret: {
        [authorityFile]: store.ca,
        "kibana.yml": pulumi
          .all([passwords[kibanaUser], keys.security, keys.savedObjects, keys.reporting])
          .apply(([text, security, savedObjects, reporting]) =>
            renderKibanaYml({
              stack: settings.stack,
              elasticsearchUrl: store.url,
              password: text,
              authorityFile: `${mount}/current/${authorityFile}`,
              publicUrl: adminUrl(settings, "kibana"),
              keys: { security, savedObjects, reporting },
            }),
          ),
      },
    },
    reload: { kind: "restart" },
  };
  return {
    name: host,
    image: host,
    env: {
      // The folder with kibana.yml.
      KBN_PATH_CONF: `${mount}/current`,
      // Its own default is half of the memory that it thinks there is; the rest of the limit is for what is outside of it.
      NODE_OPTIONS: "--max-old-space-size=768",
    },
    owner,
    files: [secrets],
    // What people make in it is in Elasticsearch.
    tmpfs: [{ mount: "/tmp" }, { mount: "/usr/share/kibana/data", owner }, { mount: "/usr/share/kibana/logs", owner }],
    networks: ["monitoring"],
    publish: [{ internal: ports.kibana, external: settings.ports.kibana, address: settings.adminAddress }],
    // 503 as long as it does not reach Elasticsearch.
    probe: Probe.http("/api/status", ports.kibana, { ...unhurried, startPeriod: minutes(4) }),
    awaited: false,
    memory: MiB(1280),
    stopGrace: seconds(30),
  };
}

type Key = "security" | "savedObjects" | "reporting";

/** Brings the dashboards into Kibana: again when they, or the image, have changed. */
function dashboards({ passwords }: KibanaArgs): JobSpec {
  const text = renderSavedObjects();
  const objects: FileSet = {
    name: "kibana-objects",
    image: host,
    owner,
    mount: "/objects",
    content: { plain: { "dashboards.ndjson": text } },
    reload: { kind: "restart" },
  };
  // Kibana's own user may not import: whoever does must be allowed to write what people see.
  const login: FileSet = {
    name: "kibana-login",
    image: host,
    owner,
    mount: "/secrets",
    content: { secret: { login: passwords[logAdmin].apply((admin) => renderLogin(logAdmin, admin)) } },
    reload: { kind: "restart" },
  };
  return {
    name: "kibana-dashboards",
    image: host,
    command: importCommand({
      login: `${login.mount}/current/login`,
      objects: `${objects.mount}/current/dashboards.ndjson`,
      url: `http://${host}:${ports.kibana}`,
    }),
    env: { OBJECTS: createHash("sha256").update(text).digest("hex") },
    owner,
    files: [objects, login],
    networks: ["monitoring"],
    memory: MiB(64),
  };
}
