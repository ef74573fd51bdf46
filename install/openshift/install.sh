#!/usr/bin/env bash
# As install/kubernetes/install.sh, with oc and what OpenShift needs: no fixed user ids, so that the restricted security
# context constraints choose, and --route for a way in from outside. All its options hold (--help).
OPENSHIFT=yes KUBECTL=${KUBECTL:-oc} exec "$(dirname "${BASH_SOURCE[0]}")/../kubernetes/install.sh" "$@"
