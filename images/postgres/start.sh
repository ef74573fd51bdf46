#!/usr/bin/env bash
# Runs PostgreSQL in the foreground, with the options given to it. At the first start it makes a server with one
# database, named by DATABASE (app), that a role of the same name owns, and gives the superuser `postgres` the password
# in the file PASSWORD_FILE. Data is in PGDATA; all of the file system but that folder's parent may be read-only.
set -euo pipefail

database=${DATABASE:-app}
new=$PGDATA.new

die() {
  printf 'start-postgres: %s\n' "$1" >&2
  exit 1
}

# All of it elsewhere, and then in place at once: a first start that was interrupted begins anew.
make_server() {
  [ -s "${PASSWORD_FILE:-}" ] || die 'there is no password: mount a Secret, and name its file in PASSWORD_FILE.'
  rm -rf "$new"
  initdb --pgdata "$new" --username postgres --pwfile "$PASSWORD_FILE" --auth scram-sha-256 --encoding UTF8 \
    --locale C.UTF-8 >/dev/null
  echo 'host all all all scram-sha-256' >>"$new/pg_hba.conf"
  printf '%s\n' "CREATE ROLE \"$database\"" "CREATE DATABASE \"$database\" OWNER \"$database\"" \
    "REVOKE ALL ON DATABASE \"$database\" FROM PUBLIC" |
    postgres --single -D "$new" -c exit_on_error=on -c log_checkpoints=off postgres >/dev/null
  mv "$new" "$PGDATA"
}

case $database in
  '' | *[!a-z0-9_]*) die "DATABASE $database is not a name: use small letters, digits and underscores." ;;
esac
[ -s "$PGDATA/PG_VERSION" ] || make_server
# No socket: it would need a folder that can be written, and there is nobody else in the container.
exec postgres -c 'listen_addresses=*' -c unix_socket_directories= "$@"
