# shellcheck shell=bash
# Sourced by the scripts beside it: how they speak, and how they ask the cluster. KUBECTL names another client, as oc.
set -euo pipefail

KUBECTL=${KUBECTL:-kubectl}
INSTALL=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034  # used by the scripts that source this one, as much below
CRDS=$INSTALL/../crds
OURS=app.kubernetes.io/part-of=brokersdk
namespace=brokersdk

umask 077 # what is written below may be secret
WORK=$(mktemp -d "${TMPDIR:-/tmp}/brokersdk-install.XXXXXX")
trap 'rm -rf "$WORK"' EXIT

say() {
  printf '%s\n' "$*"
}

warn() {
  printf 'warning: %s\n' "$*" >&2
}

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# usage: the comment at the head of the script that was called.
usage() {
  sed -n -e '2,/^[^#]/s/^# \{0,1\}//p' "$0"
}

# value OPTION COUNT [VALUE]: the value of an option, or what is wrong.
value() {
  if [ "$2" -lt 2 ] || [ -z "$3" ]; then fail "$1 needs a value ($0 --help)"; fi
  printf '%s' "$3"
}

require_namespace() {
  case $namespace in
    *[!a-z0-9-]* | -* | *- | '') fail "--namespace $namespace is not a name: use small letters, digits and dashes" ;;
  esac
}

# require TOOL...
require() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 || fail "$tool is not on the PATH: install it first"
  done
}

require_cluster() {
  ask get --raw /version --request-timeout 10s >/dev/null 2>"$WORK/answer" ||
    fail "the cluster does not answer: $(tail -n 1 "$WORK/answer") (KUBECONFIG names the cluster to use)"
}

# ask ARGUMENT...: of the whole cluster.
ask() {
  "$KUBECTL" "$@"
}

# kube ARGUMENT...: in the broker's namespace.
kube() {
  "$KUBECTL" --namespace "$namespace" "$@"
}

# exists KIND NAME
exists() {
  [ -n "$(kube get "$1" "$2" --ignore-not-found --output name)" ]
}

# serves GROUP/VERSION RESOURCE: whether the API server has it.
serves() {
  ask get --raw "/apis/$1" --request-timeout 10s 2>/dev/null | grep -q "\"name\":\"$2\""
}

# is_namespace_ours: whether install.sh made it.
is_namespace_ours() {
  [ -n "$(ask get namespace --selector "$OURS" --field-selector "metadata.name=$namespace" --output name)" ]
}

require_not_helm() {
  if [ -n "$(kube get deployment --selector "$OURS,app.kubernetes.io/managed-by=Helm" --output name)" ]; then
    fail "the broker in the namespace $namespace was installed by Helm: use helm for it (install/helm/brokersdk)"
  fi
}
