#!/usr/bin/env bash
# Removes what install.sh brought, and leaves nothing behind. Refuses while there are service instances or bindings:
# their backends would never be told to let go.
#
#   --namespace NAME      where the broker is (brokersdk)
#   --wait SECONDS        how long to wait for instances and bindings to go (0)
#   --keep-crds           leaves the custom resource definitions and the roles of their users; they are also left where
#                         another namespace uses them

# shellcheck source-path=SCRIPTDIR source=shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

INSTANCES=serviceinstances.sdkbroker.broker.io
BINDINGS=servicebindings.sdkbroker.broker.io
OFFERINGS=serviceofferings.sdkbroker.broker.io
HOSTS=dockerhosts.sdkbroker.broker.io
patience=0
keep_crds=''

while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --keep-crds) keep_crds=yes && shift && continue ;;
    --namespace) namespace=$(value "$1" $# "${2:-}") ;;
    --wait) patience=$(value "$1" $# "${2:-}") ;;
    *) fail "$1 is no option ($0 --help)" ;;
  esac
  shift 2
done

# defined NAME...: those of the custom resources that the cluster knows, with commas between.
defined() {
  ask get customresourcedefinitions "$@" --ignore-not-found --output name | sed 's|.*/||' | paste -sd , -
}

# require_unused: waits as long as it may, and fails while anything is left that a backend holds.
require_unused() {
  local left count said='' deadline=$((SECONDS + patience))
  if [ -z "$held" ]; then return 0; fi
  while :; do
    left=$(kube get "$held" --output name)
    if [ -z "$left" ]; then return 0; fi
    if [ "$SECONDS" -ge "$deadline" ]; then break; fi
    count=$(($(printf '%s\n' "$left" | wc -l)))
    if [ "$count" != "$said" ]; then say "Waiting for instances and bindings to go: $count"; fi
    said=$count
    sleep 2
  done
  fail "the namespace $namespace still has service instances or bindings:
$left
Unbind and deprovision them through their platform, or all of them with
  $KUBECTL --namespace $namespace delete $INSTANCES --all
while the broker runs. One whose backend is gone for good: docs/operations.md, Escape hatches, \`abandon\`."
}

unregister() {
  if serves servicecatalog.k8s.io/v1beta1 clusterservicebrokers; then
    ask delete clusterservicebrokers.servicecatalog.k8s.io "$namespace" --ignore-not-found
  fi
}

# remove_broker: first the pods, then what would come back while they run.
remove_broker() {
  local kinds=service,networkpolicy,poddisruptionbudget,rolebinding,role,serviceaccount
  kube delete deployment --selector "$OURS" --ignore-not-found --cascade=foreground
  case $custom in *"$OFFERINGS"*) kube delete "$OFFERINGS" --all ;; esac
  if serves route.openshift.io/v1 routes; then kinds=$kinds,route; fi
  kube delete "$kinds" --selector "$OURS" --ignore-not-found
  # Those for backends are not the broker's own: whoever made them knows what they open.
  kube delete secret --selector 'sdkbroker.broker.io/secret,sdkbroker.broker.io/secret!=backend' --ignore-not-found
  kube delete secret brokersdk-credentials brokersdk-admin-credentials brokersdk-tls --ignore-not-found
  kube delete lease brokersdk-controllers --ignore-not-found
  remove_hosts
}

# remove_hosts: once their agents have no rights any more, to bring them back with. The Secrets of the name that the broker
# gives are its own.
remove_hosts() {
  local secrets
  case $custom in *"$HOSTS"*) kube delete "$HOSTS" --all ;; esac
  kube delete lease --selector sdkbroker.broker.io/lease=docker-host --ignore-not-found
  secrets=$(kube get secrets --selector sdkbroker.broker.io/secret=backend --output name)
  secrets=$(printf '%s\n' "$secrets" | grep '^secret/docker-host-tls-' || true)
  # shellcheck disable=SC2086  # several words
  if [ -n "$secrets" ]; then kube delete --ignore-not-found $secrets; fi
}

# remove_namespace: only where install.sh made it, and nobody else moved in.
remove_namespace() {
  local kinds=pods,services,deployments,statefulsets,daemonsets,jobs,cronjobs,configmaps,persistentvolumeclaims left
  if ! is_namespace_ours; then return 0; fi
  left=$(kube get "$kinds" --output name)
  left=$(printf '%s\n' "$left" | grep -v -e '^$' -e '/kube-root-ca.crt$' -e '/openshift-service-ca.crt$' || true)
  if [ -n "$held" ]; then left=$left$(kube get "$held" --output name); fi # came in at the last moment
  left=$left$(kube get secrets --field-selector type=Opaque --output name)
  if [ -n "$left" ]; then
    warn "the namespace $namespace stays, since there is more in it:
$left"
  else
    ask delete namespace "$namespace"
  fi
}

# remove_crds: what all brokers of a cluster share. With the definitions, every resource of theirs would go.
remove_crds() {
  local brokers resources=''
  if [ -n "$keep_crds" ]; then
    say 'The custom resource definitions stay'
    return
  fi
  brokers=$(ask get deployments --all-namespaces --selector "$OURS,app.kubernetes.io/component=broker" --no-headers)
  if [ -n "$custom" ]; then resources=$(ask get "$custom" --all-namespaces --no-headers); fi
  if [ -n "$brokers$resources" ]; then
    say "The custom resource definitions stay, since other namespaces use them:"
    printf '%s\n' "$brokers" "$resources" | awk 'NF { print "  " $1 }' | sort -u
    return
  fi
  ask delete --filename "$CRDS" --ignore-not-found
  ask delete clusterroles --selector "$OURS" --ignore-not-found
}

require_namespace
case $patience in *[!0-9]*) fail "--wait $patience: give a number of seconds" ;; esac
require "$KUBECTL"
require_cluster
require_not_helm
held=$(defined "$INSTANCES" "$BINDINGS")
custom=$(defined "$INSTANCES" "$BINDINGS" "$OFFERINGS" "$HOSTS")
require_unused
say "Removing the broker from the namespace $namespace"
unregister
require_unused # what came in meanwhile
remove_broker
remove_namespace
remove_crds
say 'Done'
