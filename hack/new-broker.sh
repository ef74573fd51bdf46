#!/usr/bin/env bash
# Writes a backend to begin with, its test, an offering with a plan, and registers it:
#   hack/new-broker.sh NAME [--id SERVICE_UUID [--id PLAN_UUID]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
node hack/require-node.cjs
if [ ! -d node_modules ]; then npm ci; fi
exec node --import tsx hack/new-broker/main.ts "$@"
