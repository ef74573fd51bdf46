#!/usr/bin/env bash
# Removes what install.sh brought, with the volume and all keys. Refuses while there are instances in it.
#
#   --namespace NAME      where etcd is (brokersdk)

# shellcheck disable=SC2016  # the dollar is of the template
# shellcheck source-path=SCRIPTDIR source=../kubernetes/shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/../kubernetes/shared.sh"

OURS=app.kubernetes.io/part-of=brokersdk-etcd
INSTANCES=serviceinstances.sdkbroker.broker.io
OFFERINGS=serviceofferings.sdkbroker.broker.io
# Ids of the services that are in this etcd; and the service and the name of each instance.
OFFERED='{{range .items}}{{$id := .spec.id}}{{range .spec.plans}}{{with .settings}}'
OFFERED=$OFFERED'{{if eq (print .adminSecret) "etcd-admin"}}{{$id}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}'
USED='{{range .items}}{{.spec.serviceId}} {{.metadata.name}}{{"\n"}}{{end}}'

while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --namespace) namespace=$(value "$1" $# "${2:-}") ;;
    *) fail "$1 is no option ($0 --help)" ;;
  esac
  shift 2
done

# require_unused: no instance of an offering that logs in with the Secret of this etcd.
require_unused() {
  local left
  kube get "$OFFERINGS" --output "go-template=$OFFERED" >"$WORK/offered"
  kube get "$INSTANCES" --output "go-template=$USED" >"$WORK/used"
  left=$(awk 'NR == FNR { ours[$1]; next } $1 in ours { print $2 }' "$WORK/offered" "$WORK/used")
  if [ -z "$left" ]; then return 0; fi
  fail "the namespace $namespace still has instances in this etcd:
$left
Deprovision them through their platform, or with $KUBECTL --namespace $namespace delete $INSTANCES NAME, first."
}

remove() {
  say "Removing etcd from the namespace $namespace"
  if serves sdkbroker.broker.io/v1alpha1 serviceofferings; then
    require_unused
    kube delete --filename "$INSTALL/samples/etcd.yaml" --ignore-not-found
  fi
  kube delete statefulset,job --selector "$OURS" --ignore-not-found --cascade=foreground
  kube delete service,networkpolicy,persistentvolumeclaim,secret --selector "$OURS" --ignore-not-found
  say 'Done'
}

require_namespace
require "$KUBECTL"
require_cluster
remove
