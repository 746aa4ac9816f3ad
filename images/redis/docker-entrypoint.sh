#!/bin/sh
set -e

# `-x`, `--option` or a file: arguments for the server
if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then
  set -- redis-server "$@"
fi

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  find . \! -user redis -exec chown redis '{}' +
  exec setpriv --reuid=redis --regid=redis --clear-groups -- "$0" "$@"
fi

# Files of the data set are private, unless someone has set another mask.
if [ "$(umask)" = 0022 ]; then umask 0077; fi

# Upstream compiles protected mode out (a container's network is private); Debian's program has it on.
# Say "no" only where neither the arguments nor the file say anything.
if [ "$1" = redis-server ]; then
  case " $* " in
    *" --protected-mode "* | *" --version "* | *" -v "* | *" --help "* | *" -h "* | *" --sentinel "*) ;;
    *)
      if [ ! -f "${2:-}" ] || ! grep -qiE '^[[:space:]]*protected-mode[[:space:]]' "$2"; then
        set -- "$@" --protected-mode no
      fi
      ;;
  esac
fi

exec "$@"
