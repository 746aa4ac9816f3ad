/** Kibana's configuration, and how its dashboards get into it. */
import { kibanaUser } from "../logs/streams";
import { ports } from "../ports";
import { yaml } from "../rules";

export interface KibanaInput {
  readonly stack: string;
  /** Elasticsearch, as Kibana reaches it. */
  readonly elasticsearchUrl: string;
  /** Password of `kibana_system`. */
  readonly password: string;
  /** Certificate authority of Elasticsearch, as a file in the container. */
  readonly authorityFile: string;
  /** Kibana, as an operator's browser reaches it; without a slash at its end. */
  readonly publicUrl: string;
  /** By which it encrypts sessions, secrets in saved objects and reports: 32 characters at least. */
  readonly keys: Readonly<Record<"security" | "savedObjects" | "reporting", string>>;
}

/** Shortest key that Kibana takes. */
export const keyLength = 32;

/** The text of kibana.yml. It holds a password and keys: deliver it as a secret. @throws RangeError for a key that Kibana would refuse */
export function renderKibanaYml(input: KibanaInput): string {
  const { stack, elasticsearchUrl, password, authorityFile, publicUrl, keys } = input;
  const short = Object.entries(keys).find(([, key]) => key.length < keyLength);
  if (short)
    throw new RangeError(`Kibana's key ${short[0]} has ${short[1].length} characters, ${keyLength} are needed`);
  return yaml({
    "server.name": `${stack}-kibana`,
    "server.host": "0.0.0.0",
    "server.port": ports.kibana,
    "server.publicBaseUrl": publicUrl,
    "elasticsearch.hosts": [elasticsearchUrl],
    "elasticsearch.username": kibanaUser,
    "elasticsearch.password": password,
    "elasticsearch.ssl.certificateAuthorities": [authorityFile],
    "elasticsearch.ssl.verificationMode": "full",
    "xpack.security.encryptionKey": keys.security,
    "xpack.encryptedSavedObjects.encryptionKey": keys.savedObjects,
    "xpack.reporting.encryptionKey": keys.reporting,
    // Nothing is asked of the internet, and nothing told to it.
    "telemetry.optIn": false,
    "telemetry.allowChangingOptInStatus": false,
    "newsfeed.enabled": false,
    "map.includeElasticMapsService": false,
    "xpack.fleet.isAirGapped": true,
  });
}

/** A file for curl (`--config`): who logs in. The password is in nobody's list of processes. */
export const renderLogin = (user: string, password: string): string =>
  `user = "${`${user}:${password}`.replace(/[\\"]/g, "\\$&")}"\n`;

/** Kibana is asked so many times, with so many seconds between: it takes a minute or two to begin. */
const tries = 60;
const pause = 5;

/**
 * Imports a file of saved objects, and believes only an answer that says so: Kibana answers 200 also to an import that
 * failed. May run again and again, since an object of the same id is replaced.
 */
export function importCommand(input: {
  readonly login: string;
  readonly objects: string;
  readonly url: string;
}): string[] {
  const script = `
for try in $(seq ${tries}); do
  answer=$(curl --silent --show-error --max-time 60 --config "$1" --header 'kbn-xsrf: import' --form file=@"$2" "$3/api/saved_objects/_import?overwrite=true" 2>&1)
  case $answer in
    *'"success":true'*) echo "the dashboards are imported"; exit 0 ;;
    *'"success":false'*) break ;;
  esac
  sleep ${pause}
done
echo "Kibana did not take the dashboards: $answer"
exit 1`;
  return ["bash", "-c", script.trim(), "import", input.login, input.objects, input.url];
}
