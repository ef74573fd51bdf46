#!/usr/bin/env bash
# Prints the instance or the binding: fetch.sh [instance|binding]
# shellcheck source-path=SCRIPTDIR source=shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

case ${1:-instance} in
  instance) path=$INSTANCE_PATH ;;
  binding) path=$BINDING_PATH ;;
  *) fail "usage: $0 [instance|binding]" ;;
esac

request GET "$path" "${EXPECTED_STATUS:-200}"
