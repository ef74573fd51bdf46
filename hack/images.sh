#!/usr/bin/env bash
# Builds IMAGE and IMAGE-echo-service on BASE_IMAGE, IMAGE-etcd, IMAGE-postgres and IMAGE-redis on DEBIAN_BASE_IMAGE, tagged
# TAG and latest; with BuildKit or with the legacy builder.
# DOCKER_BUILD_OPTS adds options to `docker build`, as in DOCKER_BUILD_OPTS='--network host --no-cache'.
set -euo pipefail
cd "$(dirname "$0")/.."
image=${1:?IMAGE TAG BASE_IMAGE DEBIAN_BASE_IMAGE, as \`make images\` gives them}
tag=${2:?the tag}
base=${3:?the base image}
debian_base=${4:?the base image for packages of Debian}

die() {
  printf 'images: %s\n' "$1" >&2
  exit 1
}

command -v docker >/dev/null || die 'docker is not on the PATH: install Docker Engine 20.10 or newer.'
docker version >/dev/null 2>&1 || die 'the Docker engine does not answer: start it, or set DOCKER_HOST to one that runs (docker version says more).'
# BuildKit would attach how and when it built: no two builds were alike, and kind cannot load such an image from Docker 29.
export BUILDX_NO_DEFAULT_ATTESTATIONS=1
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)

# build NAME BASE DIRECTORY OPTION...
build() {
  local name=$1 base=$2 directory=$3
  shift 3
  # shellcheck disable=SC2086 # options, split at blanks
  docker build ${DOCKER_BUILD_OPTS:-} "$@" \
    --build-arg "BASE_IMAGE=$base" --build-arg "VERSION=$tag" --build-arg "REVISION=$revision" \
    --tag "$name:$tag" --tag "$name:latest" "$directory" ||
    die "$name was not built; the reason stands above. Where a build reaches the registry of npm, or that of Debian's
packages, only through the network of this machine, DOCKER_BUILD_OPTS='--network host' make images helps."
  printf 'images: %s:%s and %s:latest are built\n' "$name" "$tag" "$name"
}

build "$image-echo-service" "$base" . --file images/Dockerfile --target echo-service
build "$image" "$base" . --file images/Dockerfile --target broker
build "$image-etcd" "$debian_base" images/etcd
build "$image-postgres" "$debian_base" images/postgres
build "$image-redis" "$debian_base" images/redis
