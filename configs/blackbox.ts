/** The blackbox exporter's configuration file: how an entrance is asked. */
import type { ProbeModule } from "./roles";
import { yaml } from "./rules";

const http = {
  method: "GET",
  preferred_ip_protocol: "ip4",
  // Whether it answers is asked, not who it is: the certificate is for the patients' name.
  tls_config: { insecure_skip_verify: true },
};

/** What a good answer is, by module. */
const modules: Readonly<Record<ProbeModule, object>> = {
  http_2xx: http,
  // `/ready` of the API says 503 when its cache is away, too, and the database is as good as ever then.
  database: {
    ...http,
    valid_status_codes: [200, 503],
    fail_if_body_not_matches_regexp: ['"mysql":\\s*\\{[^}]*"status":\\s*"up"'],
  },
};

/** The text of blackbox.yml. */
export const renderBlackbox = (): string =>
  yaml({
    modules: Object.fromEntries(
      Object.entries(modules).map(([name, how]) => [name, { prober: "http", timeout: "2s", http: how }]),
    ),
  });
