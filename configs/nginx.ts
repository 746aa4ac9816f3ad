/** Nginx's configuration file: the patients' page, and `/api/` passed on to HAProxy. */
import { haproxyTiming } from "./haproxy";
import { maxBody } from "./limits";
import { ports } from "./ports";
import type { HttpEntry } from "./roles";

/** Only what the page itself brings may run, and nobody may frame it (CSP level 3). */
export const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export interface NginxInput {
  readonly upstream: HttpEntry;
  /** Paths of certificate and key; undefined for plain HTTP. */
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | undefined;
}

/** Path of Nginx's counters, on a port of their own. */
export const nginxStatusPath = "/stub_status";

/** Path that answers whenever Nginx runs. */
export const nginxHealthPath = "/healthz";

/** A connection to HAProxy is closed from here first, or a request could be sent into one that HAProxy is closing. */
const keepIdle = haproxyTiming.keepAlive.times(0.5);

/** The text of nginx.conf, for an Nginx that runs without root on a read-only file system (everything it writes is in /tmp). */
export function renderNginx({ upstream, tls }: NginxInput): string {
  return `# Rendered by configs/nginx.ts.
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
worker_processes 2;
events { worker_connections 1024; }

http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  client_body_temp_path /tmp/client_body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  sendfile on;
  server_tokens off;
  client_max_body_size ${maxBody.bytes / 1024}k;
  client_body_buffer_size ${maxBody.bytes / 1024}k;

  # The path has no query, and an id in it is cut off: no word of a patient's reaches the log.
  map $uri $endpoint {
    ~^/api/payment/. /api/payment/:id;
    default $uri;
  }
  log_format json escape=json '{"timestamp":$msec,"level":"info","service":"frontend","request_id":"$request_id","method":"$request_method","endpoint":"$endpoint","status":$status,"duration":$request_time,"remote_addr":"$remote_addr"}';
  # The time is in seconds since 1970, since the readable one has no milliseconds to sort by.
  # Written once a second or when 16 KiB are full: a line each would wake the engine for every request.
  access_log /dev/stdout json buffer=16k flush=1s;

  # Docker's DNS, asked again each second: a HAProxy that was replaced has another address.
  resolver 127.0.0.11 valid=1s ipv6=off;
  upstream entry {
    zone entry 64k;
    server ${upstream.host}:${upstream.port} resolve max_fails=0;
    keepalive 32;
    keepalive_timeout ${keepIdle.toShort()};
  }

  # Counters for the exporter; this port is not published.
  server {
    listen ${ports.frontendStatus};
    access_log off;
    location = ${nginxStatusPath} { stub_status; }
    location / { return 404; }
  }

  server {
    listen ${ports.frontend}${tls ? " ssl" : ""};
${tls ? renderTls(tls) : ""}    root /usr/share/nginx/html;

    location = ${nginxHealthPath} {
      access_log off;
      default_type text/plain;
      return 200 "ok\\n";
    }

    location /api/ {
      proxy_pass http://entry;
      # Sent once more when a kept connection turns out to be closed: a payment carries an idempotency key.
      proxy_next_upstream error non_idempotent;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Request-ID $request_id;
      proxy_connect_timeout 2s;
      proxy_read_timeout 15s;
      error_page 413 = @too_large;
      error_page 502 504 = @no_entry;
    }
    location @too_large {
      internal;
      default_type application/problem+json;
      return 413 '{"type":"about:blank","title":"The body is larger than ${maxBody.bytes} bytes","status":413}';
    }
    location @no_entry {
      internal;
      default_type application/problem+json;
      add_header Retry-After 2 always;
      return 503 '{"type":"about:blank","title":"The service cannot be reached","status":503}';
    }

    location / {
      add_header Content-Security-Policy "${contentSecurityPolicy}" always;
      add_header X-Content-Type-Options nosniff always;
      add_header Referrer-Policy no-referrer always;
      add_header Permissions-Policy "camera=(), geolocation=(), microphone=(), payment=()" always;
      add_header Cross-Origin-Opener-Policy same-origin always;
      add_header Cross-Origin-Resource-Policy same-origin always;
${tls ? `      add_header Strict-Transport-Security "max-age=31536000" always;\n` : ""}      add_header Cache-Control "no-cache" always;
      try_files $uri $uri/ =404;
    }
  }
}
`;
}

function renderTls(tls: NonNullable<NginxInput["tls"]>): string {
  return `    ssl_certificate ${tls.certificateFile};
    ssl_certificate_key ${tls.keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    error_page 497 =301 https://$host:$server_port$request_uri;
`;
}
