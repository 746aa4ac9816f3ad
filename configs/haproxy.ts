/** HAProxy's configuration file. Every setting here was measured under load: the figures stand in docs/benchmarks.md. */
import { maxBody, maxHead } from "./limits";
import { ports } from "./ports";
import type { HttpBackend } from "./roles";
import { type Duration, seconds } from "./units";

/** How fast HAProxy notices. The rolling update derives its pace from these. */
export const haproxyTiming = {
  /** Interval of its health checks. */
  check: seconds(1),
  /** Checks in a row that make a server UP again, or DOWN. */
  rise: 2,
  fall: 2,
  /** How long an answer of Docker's DNS is believed. */
  dnsHold: seconds(1),
  /** An idle connection of a client is kept for this long. */
  keepAlive: seconds(30),
  /** A reload lets the old process finish its connections for this long. */
  hardStop: seconds(60),
} as const;

/**
 * Longest time from "the replica listens" to "HAProxy sends it requests": its name is resolved anew (the hold time,
 * and one retry of as long again), then `rise` checks pass.
 */
export const timeToServe: Duration = haproxyTiming.dnsHold.times(2).plus(haproxyTiming.check.times(haproxyTiming.rise));

/** Where HAProxy and its loader share the control socket. */
export const haproxyRun = "/run/haproxy";

/** What the old process knows of the replicas, written for the new one right before a reload. */
export const serverStateFile = `${haproxyRun}/servers.state`;

/** Name of the user list; it stands in a file of its own because it is a secret (`renderStatsUsers`). */
const statsUsers = "admins";

export interface HaproxyInput {
  readonly stack: string;
  readonly backends: readonly HttpBackend[];
  /** Path of certificate and key in one PEM file; undefined for plain HTTP. */
  readonly certificateFile: string | undefined;
  /** Lines for the public frontend, as the user wrote them. */
  readonly extra: readonly string[];
}

/** One problem document (RFC 9457) for what HAProxy answers itself. */
const problem = (status: number, title: string): string =>
  `content-type application/problem+json string '{"type":"about:blank","title":"${title}","status":${status}}'`;

const ownErrors: readonly (readonly [number, string])[] = [
  [400, "Bad request"],
  [408, "The request took too long"],
  [500, "Internal error"],
  [502, "Bad answer from the service"],
  [503, "No replica of the service is available"],
  [504, "The service took too long"],
];

/** The text of haproxy.cfg. */
export function renderHaproxy(input: HaproxyInput): string {
  const t = haproxyTiming;
  const tls = input.certificateFile ? ` ssl crt ${input.certificateFile} alpn h2,http/1.1` : "";
  return `# Rendered by configs/haproxy.ts for the stack ${input.stack}.
global
  log stdout format raw local0 info
  maxconn 4000
  hard-stop-after ${t.hardStop.toShort()}
  # A buffer holds head and body, so that a request whose replica died can be sent again.
  tune.bufsize ${maxBody.bytes + 2 * maxHead.bytes}
  ssl-default-bind-options ssl-min-ver TLSv1.2
  server-state-file ${serverStateFile}

resolvers docker
  nameserver dns 127.0.0.11:53
  hold valid ${t.dnsHold.toShort()}
  hold nx ${t.dnsHold.toShort()}
  resolve_retries 3
  timeout resolve 1s
  timeout retry 1s

defaults
  mode http
  log global
  timeout connect 1s
  timeout client 30s
  timeout server 10s
  timeout queue 5s
  timeout http-request 10s
  timeout http-keep-alive ${t.keepAlive.toShort()}
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response junk-response
  option http-buffer-request
  option idle-close-on-response
  # After a reload the new process knows the replicas at once; without it, it answers 503 until Docker's DNS has answered.
  load-server-state-from-file global
${ownErrors.map(([status, title]) => `  http-error status ${status} ${problem(status, title)}`).join("\n")}

frontend public
  bind :${ports.entry}${tls}
  # Whoever comes here is not one of ours: what he says about himself is replaced.
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Request-ID %[uuid()]
${indent(input.extra)}${frontendRules}
frontend internal
  bind :${ports.entryInternal}
  # Only our Nginx is here; it has set both headers.
${frontendRules}
frontend stats
  bind :${ports.stats}
  no log
  stats enable
  stats uri /stats
  stats refresh 10s
  stats hide-version
  stats http-request auth realm MedAssist unless { http_auth(${statsUsers}) }

frontend metrics
  bind :${ports.haproxyMetrics}
  no log
  http-request use-service prometheus-exporter if { path /metrics }
  http-request return status 200 if { path /healthz }
  http-request return status 404

backend ${patients}
  balance roundrobin
  # A replica may have carried out a POST before it died: only an idempotency key makes sending it again safe.
  http-request disable-l7-retry if METH_POST !{ req.hdr(Idempotency-Key) -m found }
  option httpchk
  http-check send meth GET uri ${healthPath(input.backends)} ver HTTP/1.1 hdr Host api
  http-check expect status 200
  default-server inter ${t.check.toShort()} fall ${t.fall} rise ${t.rise} check observe layer4 error-limit 3 on-error mark-down resolvers docker init-addr last,none
${input.backends.map((b) => `  server ${b.name} ${b.host}:${b.port} maxconn ${b.mostRequests}`).join("\n")}

# The platform's own questions and Alertmanager's webhook: so that what the backend \`api\` counts is patients' requests.
backend checks
  balance roundrobin
  http-request disable-l7-retry if METH_POST
  default-server resolvers docker init-addr last,none
${input.backends.map((b) => `  server ${b.name} ${b.host}:${b.port} track ${patients}/${b.name}`).join("\n")}
`;
}

/** Name of the backend that patients' requests go to; its counters are those of the availability SLO. */
export const patients = "api";

/** What both entries share. An allow list, not a deny list: /metrics and whatever a replica serves later stay inside. */
const frontendRules = `  http-request capture req.hdr(X-Request-ID) len 64
  http-request capture req.hdr(X-Forwarded-For) len 45
  http-request set-var(txn.endpoint) path,regsub(^/api/payment/.+,/api/payment/:id)
  acl patient_path path_beg /api/
  acl health_path path /health /ready
  http-request return status 404 ${problem(404, "Not found")} unless patient_path or health_path
  log-format "%{+json}o %(timestamp)[accept_date(ms),ms_utime(%Y-%m-%dT%H:%M:%S.%3NZ)] %(level)[str(info)] %(service)[str(haproxy)] %(request_id)[capture.req.hdr(0)] %(method)HM %(endpoint)[var(txn.endpoint)] %(status:sint)ST %(duration_ms:sint)Ta %(server)s %(retries:sint)rc %(termination)ts %(remote_addr)[capture.req.hdr(1)]"
  use_backend checks if health_path or { path_beg /api/webhook/ }
  default_backend ${patients}
`;

/** One file with the user list of the statistics page. It holds a password: deliver it as a secret. */
export function renderStatsUsers(user: string, password: string): string {
  return `userlist ${statsUsers}\n  user ${user} insecure-password ${password}\n`;
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}\n`).join("");
}

function healthPath(backends: readonly HttpBackend[]): string {
  const paths = [...new Set(backends.map((b) => b.healthPath))];
  if (paths.length !== 1 || paths[0] === undefined) {
    throw new Error(`HAProxy checks all API replicas on one path, not on: ${paths.join(", ") || "none"}`);
  }
  return paths[0];
}
