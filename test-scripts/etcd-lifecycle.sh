#!/usr/bin/env bash
# The life of a key space in etcd in thirteen steps, with etcdctl as the application: what it may do with its
# credentials, what it may not, and that they stop working. For the offering of install/samples/etcd.yaml, or another
# plan of the backend etcd with SERVICE_ID and PLAN_ID.
#
#   ETCD_ADMIN_USERNAME, ETCD_ADMIN_PASSWORD   a user with the role root, who looks behind the scenes in steps 4, 7 and 13
export SERVICE_ID=${SERVICE_ID:-5b0ad2fe-f7c0-11e6-8e76-7fc33eaeccd4}
export PLAN_ID=${PLAN_ID:-5bcfa502-f7c0-11e6-bd06-e323138af97b}
# shellcheck source-path=SCRIPTDIR source=shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v etcdctl >/dev/null || fail 'etcdctl is not on the PATH: Debian has it in the package etcd-client'
export ETCDCTL_API=3 BROKER_URL BROKER_USERNAME BROKER_PASSWORD BROKER_CA_FILE
has_admin=''
if [ -n "${ETCD_ADMIN_USERNAME:-}" ] && [ -n "${ETCD_ADMIN_PASSWORD:-}" ]; then has_admin=yes; fi

step() {
  printf '\n== %s\n' "$1"
  shift
  if [ $# -gt 0 ]; then "$@"; fi
}

# take_credentials_of_binding: sets what etcdctl asks with. Names and passwords go by the environment, which is not
# everybody's to see, as a command line is.
take_credentials_of_binding() {
  local name
  call GET "$BINDING_PATH"
  [ "$STATUS" = 200 ] || fail "the binding cannot be fetched: status $STATUS"
  for name in host port username password base_path keypath uri; do
    [ -n "$(field "credentials.$name")" ] || fail "the credentials have no $name"
  done
  username=$(field credentials.username)
  password=$(field credentials.password)
  keypath=$(field credentials.keypath)
  ETCDCTL_ENDPOINTS=$(printf '%s' "$BODY" | node -e '
    console.log(JSON.parse(require("fs").readFileSync(0, "utf8")).credentials.endpoints.join(","));
  ')
  export ETCDCTL_ENDPOINTS
  field credentials.ca_cert >"$WORK/etcd-ca.crt"
  if [ -s "$WORK/etcd-ca.crt" ]; then export ETCDCTL_CACERT=$WORK/etcd-ca.crt; fi
}

# as_application WORD...: etcdctl with the credentials of the binding.
as_application() {
  ETCDCTL_USER=$username ETCDCTL_PASSWORD=$password etcdctl --command-timeout 3s "$@"
}

as_admin() {
  ETCDCTL_USER=$ETCD_ADMIN_USERNAME ETCDCTL_PASSWORD=$ETCD_ADMIN_PASSWORD etcdctl --command-timeout 3s "$@"
}

# refused WHY WORD...: what the application asks is refused, and for that reason.
refused() {
  local why=$1
  shift
  if as_application "$@" >"$WORK/said" 2>&1; then fail "etcdctl $* was not refused"; fi
  grep -q "$why" "$WORK/said" || fail "etcdctl $* was refused for another reason: $(tail -n 1 "$WORK/said")"
  printf 'refused: %s\n' "$why"
}

# holds KEY VALUE
holds() {
  [ "$(as_application get "$1" --print-value-only)" = "$2" ] || fail "expected $1 to be $2"
  printf '%s is %s\n' "$1" "$2"
}

# has_nothing KEY: also in the eyes of the administrator, where there is one to ask.
has_nothing() {
  if [ -z "$has_admin" ]; then
    printf 'ETCD_ADMIN_USERNAME and ETCD_ADMIN_PASSWORD are not given: not looked at\n'
  elif [ -n "$(as_admin get "$1" --prefix --keys-only)" ]; then
    fail "there is something at $1"
  else
    printf 'nothing is at %s\n' "$1"
  fi
}

step '1 the catalog' "$here/catalog.sh"
step '2 provision' "$here/provision.sh"
step '3 bind' "$here/bind.sh"
take_credentials_of_binding
step '4 users and roles'
if [ -n "$has_admin" ]; then as_admin user list && as_admin role list; fi
step '5 the credentials are complete'
printf 'for %s, below %s\n' "$ETCDCTL_ENDPOINTS" "$keypath"
step '6 write and read' as_application put "$keypath/hello" world
holds "$keypath/hello" world
step '7 write elsewhere' refused 'permission denied' put /not-allowed x
has_nothing /not-allowed
step '8 unbind' "$here/unbind.sh"
step '9 the old credentials' refused 'authentication failed' get "$keypath/hello"
old_password=$password old_keypath=$keypath
step '10 bind again, under the same id' "$here/bind.sh"
take_credentials_of_binding
if [ "$password" = "$old_password" ]; then fail 'the password is the same'; fi
[ "$keypath" = "$old_keypath" ] || fail "the keys are elsewhere: $keypath"
step '11 the data outlives bindings'
holds "$keypath/hello" world
step '12 unbind and deprovision' "$here/unbind.sh"
"$here/deprovision.sh"
step '13 the keys are gone'
has_nothing "$keypath/"
printf '\nThe thirteen steps went well.\n'
