#!/bin/sh
set -e

# Start-up scripts run before the server only, not before `nginx -t` as a tool of another entry point.
if [ "$1" = nginx ] || [ "$1" = nginx-debug ]; then
  for script in /docker-entrypoint.d/*.sh; do
    if [ -x "$script" ]; then "$script"; fi
  done
fi

exec "$@"
