#!/usr/bin/env bash
# Prints the state of the last operation, or of the one that is named:
#   last-operation.sh [instance|binding] [operation]
# shellcheck source-path=SCRIPTDIR source=shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

case ${1:-instance} in
  instance) path=$INSTANCE_PATH ;;
  binding) path=$BINDING_PATH ;;
  *) fail "usage: $0 [instance|binding] [operation]" ;;
esac
query=$(ids)
if [ -n "${2:-}" ]; then query="$query&operation=$(encode "$2")"; fi

request GET "$path/last_operation?$query" "${EXPECTED_STATUS:-200 410}"
[ "$(field state)" != failed ] || fail "the operation failed"
