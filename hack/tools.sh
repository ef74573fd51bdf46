#!/usr/bin/env bash
# Brings what the tests of install/ need into .local, at pinned versions: helm and kubeconform, built with Go, and the
# OpenAPI descriptions of the oldest and the newest Kubernetes. What is there at its version already stays.
set -euo pipefail
cd "$(dirname "$0")/.."

HELM=helm.sh/helm/v3/cmd/helm@v3.22.0
KUBECONFORM=github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
KUBERNETES='1.20.15 1.36.3'

export CGO_ENABLED=0
bin=$PWD/.local/bin
openapi=$PWD/.local/openapi
mkdir -p "$bin" "$openapi"

if ! command -v go >/dev/null; then
  echo 'hack/tools.sh: no Go on the PATH, with which helm and kubeconform are built: install Go 1.26 or newer' >&2
  exit 1
fi

# tool MODULE@VERSION: its version lies beside it, so that another pin is another installation.
tool() {
  local path=${1%@*} version=${1#*@} name
  name=${path##*/}
  if [ "$(cat "$bin/$name.version" 2>/dev/null)" != "$version" ]; then
    GOBIN=$bin go install -trimpath -ldflags '-s -w' "$1"
    echo "$version" >"$bin/$name.version"
  fi
  echo "$bin/$name $version"
}

# description VERSION: from the Go module that Kubernetes is.
description() {
  local file=$openapi/$1.json module
  if [ ! -f "$file" ]; then
    module=$(go mod download -json "k8s.io/kubernetes@v$1" | sed -n 's/.*"Dir": "\(.*\)",*/\1/p')
    cp "$module/api/openapi-spec/swagger.json" "$file.part"
    chmod u+w "$file.part"
    mv "$file.part" "$file"
  fi
  echo "$file"
}

tool "$HELM"
tool "$KUBECONFORM"
for version in $KUBERNETES; do description "$version"; done
