#!/bin/bash
set -e
# What the server writes, its group may write too: with another user of group root, upstream's image works the same.
umask 0002

if [[ ${1:-eswrapper} == eswrapper ]]; then set -- elasticsearch "${@:2}"; fi
if [[ $1 == -* ]]; then set -- elasticsearch "$@"; fi

if [[ $(id -u) == 0 && $(basename "$1") == elasticsearch ]]; then
  if [[ -n ${TAKE_FILE_OWNERSHIP:-} ]]; then chown -R 1000:0 /usr/share/elasticsearch/{data,logs}; fi
  exec setpriv --reuid=1000 --regid=0 --clear-groups -- "$@"
fi
exec "$@"
