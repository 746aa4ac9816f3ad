#!/bin/sh
set -e

# `-x` or `--option`: arguments for haproxy
if [ "${1#-}" != "$1" ]; then
  set -- haproxy "$@"
fi

# master-worker (a reload keeps the container), in the foreground
if [ "$1" = haproxy ]; then
  shift
  set -- haproxy -W -db "$@"
fi

exec "$@"
