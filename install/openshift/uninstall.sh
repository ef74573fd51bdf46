#!/usr/bin/env bash
# As install/kubernetes/uninstall.sh, with oc. All its options hold (--help).
KUBECTL=${KUBECTL:-oc} exec "$(dirname "${BASH_SOURCE[0]}")/../kubernetes/uninstall.sh" "$@"
