#!/bin/sh
# Runs Redis in the foreground, with the options given to it. The user `admin` has the password PASSWORD, or a random one
# that is kept beside the data, may do all, and makes the others; nobody comes in without a password. Users and data are in
# /var/lib/redis, the one place that is written to. MAXMEMORY (no limit) and MAXMEMORY_POLICY (noeviction) are those of
# redis.conf.
set -eu
umask 077

users=/var/lib/redis/users.acl
own_password=/var/lib/redis/admin.password

die() {
  printf 'start-redis: %s\n' "$1" >&2
  exit 1
}

case ${MAXMEMORY:=0} in
  [0-9]*) ;;
  *) die "MAXMEMORY $MAXMEMORY is no amount: give one as 64mb." ;;
esac
case ${MAXMEMORY_POLICY:=noeviction} in
  -* | *[!a-z-]*) die "MAXMEMORY_POLICY $MAXMEMORY_POLICY is none: noeviction or allkeys-lru, for two." ;;
esac

if [ -z "${PASSWORD:-}" ]; then
  if [ ! -f "$own_password" ]; then
    od -A n -N 16 -t x1 /dev/urandom | tr -d ' \n' >"$own_password.new"
    mv "$own_password.new" "$own_password"
  fi
  PASSWORD=$(cat "$own_password")
fi

# The administrator's password may be another than at the last start; the users of bindings stay.
digest=$(printf '%s' "$PASSWORD" | sha256sum)
[ -f "$users" ] || : >"$users"
{
  printf 'user default off\n'
  printf 'user admin on #%s ~* &* +@all\n' "${digest%% *}"
  sed -E '/^user (default|admin) /d' "$users"
} >"$users.new"
mv "$users.new" "$users"

# Whoever may look at the server's environment need not see it there.
unset PASSWORD
exec redis-server --dir /var/lib/redis --aclfile "$users" --appendonly yes --save '' \
  --maxmemory "$MAXMEMORY" --maxmemory-policy "$MAXMEMORY_POLICY" "$@"
