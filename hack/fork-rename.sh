#!/usr/bin/env bash
# Gives a fork its own names: hack/fork-rename.sh <org> <repo> [api-group]
# The work is done in Node.js, which the project needs anyway: one regular expression that behaves the same everywhere,
# where the seds of GNU and BSD differ.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
node hack/require-node.cjs
exec node hack/fork-rename/main.js "$@"
