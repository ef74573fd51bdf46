#!/usr/bin/env bash
# The cluster of cluster.yaml: kind.sh up [NODE_IMAGE] | load IMAGE... | down
set -euo pipefail
config=$(dirname "$0")/cluster.yaml
cluster=$(sed -n 's/^name: //p' "$config")

die() {
  printf 'kind: %s\n' "$*" >&2
  exit 1
}

is_up() { kind get clusters --quiet | grep -qx "$cluster"; }

up() {
  if is_up; then
    echo "kind: $cluster is up already; make kind-down removes it, for a new one or another node image"
    kind export kubeconfig --name "$cluster"
  elif [ -n "${1:-}" ]; then
    kind create cluster --config "$config" --wait 2m --image "$1"
  else
    kind create cluster --config "$config" --wait 2m
  fi
}

load() {
  is_up || die "there is no cluster $cluster: make kind-up makes it."
  for image in "$@"; do
    docker image inspect "$image" >/dev/null 2>&1 || die "there is no image $image here: make images builds it."
  done
  kind load docker-image --name "$cluster" "$@"
}

command -v kind >/dev/null || die 'kind is not on the PATH: go install sigs.k8s.io/kind@v0.33.0, or
https://kind.sigs.k8s.io/docs/user/quick-start/#installation has other ways.'
command -v docker >/dev/null || die 'docker is not on the PATH: install Docker Engine 20.10 or newer.'
docker version >/dev/null 2>&1 || die 'the Docker engine does not answer: start it, or set DOCKER_HOST to one that runs.'

case ${1:-} in
  up) up "${2:-}" ;;
  load) load "${@:2}" ;;
  down) kind delete cluster --name "$cluster" ;;
  *) die 'up [NODE_IMAGE], load IMAGE... or down is needed, as make kind-up, kind-load and kind-down give them.' ;;
esac
