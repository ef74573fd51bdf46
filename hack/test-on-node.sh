#!/usr/bin/env bash
# Runs the tests on another Node.js, from the npm package `node`: hack/test-on-node.sh 24
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?the version, as in: hack/test-on-node.sh 24}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
npm install --silent --no-save --prefix "$directory" "node@$version"
binary=$(find "$directory/node_modules" -path '*/bin/node' -type f -size +1M | head -n 1)
PATH="$(dirname "$binary"):$PATH"
export PATH
echo "Node.js $(node --version)"
make test
