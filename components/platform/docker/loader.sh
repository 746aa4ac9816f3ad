# One release of a service's files: written, checked, switched to, and taken up by the running service; or nothing of it.
# Runs in the service's own image as root with CHOWN, FOWNER and DAC_OVERRIDE only. POSIX sh, GNU or busybox tools.
# Arguments: hash of the release, owner (uid:gid), file mode, mount of the volume, then the check (may be empty).
# Environment: RELOAD if a running service is told to reload, by a command; with SOCKET and SOCKET_OWNER_DIR if that goes
# through a socket.
set -eu
hash=$1 owner=$2 mode=$3 mount=$4
shift 4
release=$mount/releases/$hash
new=$mount/releases/.new

# Beside the releases, so that one that is in use is never touched before the check has passed.
mkdir -p "$mount/releases"
rm -rf "$new"
mkdir "$new"
cp -R /staging/. "$new/"
rm -rf /staging
chown -R "$owner" "$new"
find "$new" -type f -exec chmod "$mode" {} +
find "$new" -type d -exec chmod 0555 {} +

if [ $# -gt 0 ] && ! (cd "$new" && "$@"); then
  rm -rf "$new"
  exit 1
fi

switch() {
  ln -sfn "releases/$1" "$mount/.next"
  mv -T "$mount/.next" "$mount/current"
}

previous=$(readlink "$mount/current" || true)
previous=${previous#releases/}
if [ "$previous" = "$hash" ] && [ -d "$release" ]; then
  # The name is a hash of the files: what is in use is the same already.
  rm -rf "$new"
else
  rm -rf "$release"
  mv -T "$new" "$release"
  switch "$hash"
fi

if [ -n "${SOCKET:-}" ]; then
  mkdir -p "$SOCKET_OWNER_DIR"
  chown "$owner" "$SOCKET_OWNER_DIR"
  # No socket: the service does not run, or another version of it is about to start; it starts on the new files.
  [ -S "$SOCKET" ] || RELOAD=
fi
if [ -n "${RELOAD:-}" ]; then
  if ! sh -c "$RELOAD"; then
    [ -z "$previous" ] || switch "$previous"
    [ "$previous" = "$hash" ] || rm -rf "$release"
    echo "the running service refused the new files and keeps the old ones"
    exit 2
  fi
fi

# The last good release stays, for whoever must go back by hand.
[ "$previous" = "$hash" ] || for old in "$mount"/releases/*; do
  case ${old##*/} in "$hash" | "$previous") ;; *) rm -rf "$old" ;; esac
done
echo "loaded release $hash"
