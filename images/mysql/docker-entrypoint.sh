#!/bin/bash
# Does what the entry point of mysql:8.4 does, with MariaDB's programs.
set -eo pipefail
shopt -s nullglob

note() { printf '%s [Note] [Entrypoint]: %s\n' "$(date -u +%FT%TZ)" "$*"; }
warn() { printf '%s [Warn] [Entrypoint]: %s\n' "$(date -u +%FT%TZ)" "$*" >&2; }
fail() { printf '%s [ERROR] [Entrypoint]: %s\n' "$(date -u +%FT%TZ)" "$*" >&2; exit 1; }

# usage: file_env VAR [DEFAULT]    "$VAR_FILE" names a file which holds the value; both at once are an error
file_env() {
  local var=$1 file_var="${1}_FILE" value=${2:-}
  if [ -n "${!var:-}" ] && [ -n "${!file_var:-}" ]; then
    fail "Both $var and $file_var are set (but are exclusive)"
  fi
  if [ -n "${!var:-}" ]; then
    value=${!var}
  elif [ -n "${!file_var:-}" ]; then
    [ -r "${!file_var}" ] || fail "$file_var names ${!file_var}, which uid $(id -u) cannot read"
    value=$(< "${!file_var}")
  fi
  export "$var"="$value"
  unset "$file_var"
}

read_env() {
  file_env MYSQL_ROOT_HOST '%'
  file_env MYSQL_DATABASE
  file_env MYSQL_USER
  file_env MYSQL_PASSWORD
  file_env MYSQL_ROOT_PASSWORD
}

verify_env() {
  if [ -z "$MYSQL_ROOT_PASSWORD" ] && [ -z "$MYSQL_ALLOW_EMPTY_PASSWORD" ] && [ -z "$MYSQL_RANDOM_ROOT_PASSWORD" ]; then
    fail "Database is uninitialized and password option is not specified. You need to specify one of: MYSQL_ROOT_PASSWORD (or MYSQL_ROOT_PASSWORD_FILE), MYSQL_ALLOW_EMPTY_PASSWORD, MYSQL_RANDOM_ROOT_PASSWORD"
  fi
  if [ "$MYSQL_USER" = root ]; then
    fail 'MYSQL_USER="root": MYSQL_USER and MYSQL_PASSWORD are for a regular user; remove MYSQL_USER="root" and use MYSQL_ROOT_PASSWORD'
  fi
  if [ -n "$MYSQL_USER" ] && [ -z "$MYSQL_PASSWORD" ]; then
    warn 'MYSQL_USER specified, but missing MYSQL_PASSWORD; MYSQL_USER will not be created'
  elif [ -z "$MYSQL_USER" ] && [ -n "$MYSQL_PASSWORD" ]; then
    warn 'MYSQL_PASSWORD specified, but missing MYSQL_USER; MYSQL_PASSWORD will be ignored'
  fi
}

# A wrong option or file is told before anything is written.
check_config() {
  local errors
  if ! errors=$("$@" --verbose --help 2>&1 > /dev/null); then
    fail "mysqld failed while attempting to check config
command was: $* --verbose --help
$errors"
  fi
}

# usage: get_config NAME SERVER…    the value which the server will use
get_config() {
  local name=$1
  shift
  "$@" --verbose --help 2> /dev/null | awk -v name="$name" '$1 == name && /^[^ \t]/ { sub(/^[^ \t]+[ \t]+/, ""); print; exit }'
}

data_directory() {
  local dir
  dir=$(get_config datadir "$@")
  printf '%s' "${dir%/}"
}

sql_escape() {
  local text=${1//\\/\\\\}
  printf '%s' "${text//\'/\\\'}"
}

# The password is handed over by an inherited pipe, never by an argument.
client_defaults() {
  local password=${1//\\/\\\\}
  printf '[client]\nprotocol=socket\nsocket="%s"\nuser=root\npassword="%s"\n' "$SOCKET" "${password//\"/\\\"}"
}

process_sql() {
  mariadb --defaults-extra-file=<(client_defaults "$CURRENT_ROOT_PASSWORD") --comments "$@"
}

# name which scripts in /docker-entrypoint-initdb.d may use, as upstream's
docker_process_sql() { process_sql ${MYSQL_DATABASE:+--database="$MYSQL_DATABASE"} "$@"; }

process_init_files() {
  local file
  for file; do
    case $file in
      *.sh) if [ -x "$file" ]; then note "running $file"; "$file"; else note "sourcing $file"; . "$file"; fi ;;
      *.sql) note "running $file"; docker_process_sql < "$file" ;;
      *.sql.gz) note "running $file"; gunzip -c "$file" | docker_process_sql ;;
      *.sql.bz2 | *.sql.xz | *.sql.zst) fail "$file: this image unpacks .gz only" ;;
      *) warn "ignoring $file" ;;
    esac
  done
}

# usage: start_temporary SERVER…    socket only; init_file waits for the real start, when all accounts exist
start_temporary() {
  "$@" --skip-networking --init-file=/dev/null --socket="$SOCKET" --skip-log-bin --skip-slave-start &
  SERVER_PID=$!
  local tries
  for ((tries = 0; tries < 1200; tries++)); do
    kill -0 "$SERVER_PID" 2> /dev/null || fail 'Unable to start the temporary server.'
    if process_sql -e 'SELECT 1' > /dev/null 2>&1; then return; fi
    sleep 0.1
  done
  fail 'The temporary server did not answer within 2 minutes.'
}

stop_temporary() {
  kill -TERM "$SERVER_PID"
  wait "$SERVER_PID" || fail 'Unable to shut down the temporary server.'
  SERVER_PID=
}

set_up_database() {
  if [ -n "$MYSQL_RANDOM_ROOT_PASSWORD" ]; then
    MYSQL_ROOT_PASSWORD=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')
    export MYSQL_ROOT_PASSWORD
    note "GENERATED ROOT PASSWORD: $MYSQL_ROOT_PASSWORD"
  fi
  if [ -z "$MYSQL_INITDB_SKIP_TZINFO" ]; then
    mariadb-tzinfo-to-sql --skip-write-binlog /usr/share/zoneinfo 2> /dev/null | process_sql --database=mysql
  fi

  local password root_host create_root='' expire=''
  password=$(sql_escape "$MYSQL_ROOT_PASSWORD")
  root_host=$(sql_escape "$MYSQL_ROOT_HOST")
  if [ -n "$MYSQL_ROOT_HOST" ] && [ "$MYSQL_ROOT_HOST" != localhost ]; then
    create_root="CREATE USER 'root'@'$root_host' IDENTIFIED BY '$password';
      GRANT ALL ON *.* TO 'root'@'$root_host' WITH GRANT OPTION;"
    if [ -n "$MYSQL_ONETIME_PASSWORD" ]; then expire="ALTER USER 'root'@'$root_host' PASSWORD EXPIRE;"; fi
  fi
  process_sql --database=mysql << SQL
SET @@SESSION.SQL_LOG_BIN = 0;
SET @@SESSION.SQL_MODE = REPLACE(@@SESSION.SQL_MODE, 'NO_BACKSLASH_ESCAPES', '');
-- what the installation adds for this host's name, for nobody, and for the Unix user
DELETE FROM mysql.global_priv WHERE NOT (User = 'mariadb.sys' OR (User = 'root' AND Host = 'localhost'));
DELETE FROM mysql.proxies_priv WHERE NOT (User = 'root' AND Host = 'localhost');
DELETE FROM mysql.db;
DROP DATABASE IF EXISTS test;
FLUSH PRIVILEGES;
ALTER USER 'root'@'localhost' IDENTIFIED BY '$password';
$create_root
SQL
  CURRENT_ROOT_PASSWORD=$MYSQL_ROOT_PASSWORD

  local database=${MYSQL_DATABASE//\`/\`\`}
  if [ -n "$database" ]; then
    note "Creating database $MYSQL_DATABASE"
    process_sql <<< "CREATE DATABASE IF NOT EXISTS \`$database\`;"
  fi
  if [ -n "$MYSQL_USER" ] && [ -n "$MYSQL_PASSWORD" ]; then
    note "Creating user $MYSQL_USER"
    local user
    user=$(sql_escape "$MYSQL_USER")
    {
      printf "SET @@SESSION.SQL_MODE = REPLACE(@@SESSION.SQL_MODE, 'NO_BACKSLASH_ESCAPES', '');\n"
      printf "CREATE USER '%s'@'%%' IDENTIFIED BY '%s';\n" "$user" "$(sql_escape "$MYSQL_PASSWORD")"
      if [ -n "$database" ]; then printf "GRANT ALL ON \`%s\`.* TO '%s'@'%%';\n" "${database//_/\\_}" "$user"; fi
    } | process_sql
  fi
  process_init_files /docker-entrypoint-initdb.d/*
  if [ -n "$expire" ]; then process_sql <<< "$expire"; fi
}

# A first start that was cut short leaves the marker behind: what is there was never a database of anybody.
initialize() {
  local marker="$DATADIR/.initialization-unfinished"
  if [ -e "$marker" ]; then
    warn "The first initialization of $DATADIR was interrupted; beginning again."
  fi
  : > "$marker"
  sync "$DATADIR"
  find "$DATADIR" -mindepth 1 -maxdepth 1 ! -name "${marker##*/}" ! -name lost+found -exec rm -rf -- {} +
  note 'Initializing database files'
  mariadb-install-db "${DEFAULTS[@]}" --datadir="$DATADIR" --auth-root-authentication-method=normal --skip-test-db \
    --skip-name-resolve "${OPTIONS[@]}" > /dev/null
  note 'Starting temporary server (no network)'
  CURRENT_ROOT_PASSWORD=
  start_temporary "$@"
  set_up_database
  stop_temporary
  sync
  rm "$marker"
  sync "$DATADIR"
  note 'MySQL init process done. Ready for start up.'
}

# usage: needs_initialization    refuses a directory which holds something else
needs_initialization() {
  if [ -e "$DATADIR/.initialization-unfinished" ]; then return 0; fi
  if [ -e "$DATADIR/mysql.ibd" ]; then
    fail "$DATADIR was written by MySQL, and this image's server is MariaDB, which cannot read it: restore a backup into a new volume, or use the mysql image"
  fi
  if [ -d "$DATADIR/mysql" ]; then return 1; fi
  local left
  left=$(find "$DATADIR" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)
  if [ -n "$left" ]; then fail "$DATADIR has no database but is not empty ($left): refusing to initialize it"; fi
}

main() {
  # arguments for the server
  if [ "${1:0:1}" = - ]; then set -- mysqld "$@"; fi
  local wants_help='' arg
  for arg; do
    case $arg in -\? | --help | --print-defaults | -V | --version) wants_help=1 ;; esac
  done
  if { [ "$1" != mysqld ] && [ "$1" != mariadbd ]; } || [ -n "$wants_help" ]; then exec "$@"; fi

  shift
  # these must stay first, whatever is added behind
  DEFAULTS=()
  while [[ ${1:-} == --defaults-* || ${1:-} == --no-defaults ]]; do
    DEFAULTS+=("$1")
    shift
  done
  OPTIONS=("$@")
  local server=(mariadbd "${DEFAULTS[@]}" "${OPTIONS[@]}")

  if [ "$(id -u)" = 0 ]; then
    check_config "${server[@]}"
    read_env # as root: the files may be readable by nobody else
    DATADIR=$(data_directory "${server[@]}")
    mkdir -p "$DATADIR"
    find "$DATADIR" \! -user mysql -exec chown mysql:mysql '{}' +
    find "$(dirname "$(get_config socket "${server[@]}")")" -maxdepth 0 \! -user mysql -exec chown mysql:mysql '{}' +
    note "Switching to dedicated user 'mysql'"
    exec setpriv --reuid=mysql --regid=mysql --init-groups -- "$0" mysqld "${DEFAULTS[@]}" "${OPTIONS[@]}"
  fi

  check_config "${server[@]}"
  read_env
  DATADIR=$(data_directory "${server[@]}")
  SOCKET=$(get_config socket "${server[@]}")
  if needs_initialization; then
    verify_env
    SERVER_PID=
    # PID 1 has no default action for signals
    trap 'trap - TERM INT; [ -z "$SERVER_PID" ] || { kill -TERM "$SERVER_PID"; wait "$SERVER_PID"; } 2> /dev/null; exit 143' TERM INT
    initialize "${server[@]}"
    trap - TERM INT
  fi
  # secrets do not stay in the environment of the server
  unset MYSQL_ROOT_PASSWORD MYSQL_PASSWORD
  exec "${server[@]}"
}

# may be sourced for its functions
if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
