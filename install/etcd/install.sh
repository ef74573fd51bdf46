#!/usr/bin/env bash
# Installs a small etcd beside the broker, with authentication on, and brings its offering into the catalog; or brings
# what is there up to date. Run it again as often as you like: the password and all keys stay.
#
#   --namespace NAME      the broker's (brokersdk)
#   --image IMAGE         etcd (brokersdk-etcd:latest)
#   --ephemeral           without a volume: keys and users go with the pod. For trying it out
#   --cluster-ip          the offering has the address of the Service instead of its name: for a cluster without DNS
#   --no-offering         without the offering of install/samples/etcd.yaml, where you have one of your own
#   --timeout SECONDS     how long the pods may take to be ready (300)
#
# Needs kubectl 1.21 or newer with the rights of an administrator of the namespace, and openssl.

# shellcheck source-path=SCRIPTDIR source=../kubernetes/shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/../kubernetes/shared.sh"
# shellcheck source-path=SCRIPTDIR source=../kubernetes/rollout.sh
source "$(dirname "${BASH_SOURCE[0]}")/../kubernetes/rollout.sh"
# shellcheck source-path=SCRIPTDIR source=../kubernetes/manifests.sh
source "$(dirname "${BASH_SOURCE[0]}")/../kubernetes/manifests.sh"

OURS=app.kubernetes.io/part-of=brokersdk-etcd
image=brokersdk-etcd:latest
timeout=300
variant=base
cluster_ip='' offering=yes

while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --ephemeral) variant=ephemeral && shift && continue ;;
    --cluster-ip) cluster_ip=yes && shift && continue ;;
    --no-offering) offering='' && shift && continue ;;
    --namespace) namespace=$(value "$1" $# "${2:-}") ;;
    --image) image=$(value "$1" $# "${2:-}") ;;
    --timeout) timeout=$(value "$1" $# "${2:-}") ;;
    *) fail "$1 is no option ($0 --help)" ;;
  esac
  shift 2
done

check_options() {
  require_namespace
  case $image in *[!A-Za-z0-9._:/@-]*) fail "$image is not the name of an image" ;; esac
  case $timeout in *[!0-9]*) fail "--timeout $timeout: give a number of seconds" ;; esac
}

# check_cluster: what would fail later, with words that say less.
check_cluster() {
  local there=ephemeral
  if [ -z "$(ask get namespace "$namespace" --ignore-not-found --output name)" ]; then
    fail "there is no namespace $namespace: install the broker first (install/kubernetes/install.sh), or name its own"
  fi
  if [ -n "$offering" ] && ! serves sdkbroker.broker.io/v1alpha1 serviceofferings; then
    fail 'this cluster knows no service offerings: install the broker first (install/kubernetes/install.sh)'
  fi
  if exists statefulset etcd; then
    if [ -n "$(kube get statefulset etcd --output 'jsonpath={.spec.volumeClaimTemplates}')" ]; then there=base; fi
    if [ "$there" != "$variant" ]; then
      fail 'etcd is there, and --ephemeral can neither be given nor left out later: remove it with all its keys first' \
        '(install/etcd/uninstall.sh)'
    fi
  elif [ "$variant" = base ] && ! has_default_storage; then
    warn 'the cluster has no default storage class: unless a PersistentVolume is there for etcd, it waits for one' \
      '(--ephemeral does without)'
  fi
}

has_default_storage() {
  ask get storageclasses --output yaml | grep -q 'is-default-class: "true"'
}

put_password() {
  if exists secret etcd-admin; then
    if [ "$(kube get secret etcd-admin --output 'go-template={{.data.username | base64decode}}')" != root ]; then
      fail 'the Secret etcd-admin is there for another user: etcd turns authentication on with root only'
    fi
    say 'password: kept'
    return
  fi
  if [ -n "$(kube get statefulsets,persistentvolumeclaims --selector "$OURS" --output name)" ]; then
    fail 'etcd is there, and the Secret etcd-admin with its password is gone: bring it back (docs/backends/etcd.md),' \
      'or remove etcd with all its keys (install/etcd/uninstall.sh)'
  fi
  openssl rand -hex 24 | tr -d '\n' >"$WORK/password"
  kube create secret generic etcd-admin --from-literal username=root --from-file "password=$WORK/password" \
    --dry-run=client --output yaml >"$WORK/secret.yaml"
  kube label --local --filename "$WORK/secret.yaml" --output yaml "$OURS" sdkbroker.broker.io/secret=backend |
    kube create --filename -
  say 'password: made, for the user root'
}

# render_etcd: writes manifests.yaml.
render_etcd() {
  cp -R "$INSTALL/etcd" "$WORK/etcd"
  {
    printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n'
    printf 'namespace: %s\nresources: [etcd/%s]\n' "$namespace" "$variant"
    if serves security.openshift.io/v1 securitycontextconstraints; then printf 'components: [etcd/openshift]\n'; fi
    printf 'patches:\n'
    image_patch StatefulSet etcd "$image"
    image_patch Job etcd-authentication "$image"
  } >"$WORK/kustomization.yaml"
  "$KUBECTL" kustomize "$WORK" >"$WORK/manifests.yaml" ||
    fail "$KUBECTL cannot put the manifests together: kubectl has to be 1.21 or newer"
}

install() {
  say "Installing $image in the namespace $namespace"
  put_password
  # Pods get the address of the Service from their start on. A Job cannot be changed: it runs anew.
  documents Service <"$WORK/manifests.yaml" | kube apply --filename -
  kube delete job etcd-authentication --ignore-not-found
  kube apply --filename "$WORK/manifests.yaml"
  retry_failed
  wait_for_rollout statefulset/etcd
  wait_for_authentication
  if [ -n "$offering" ]; then offer; fi
}

wait_for_authentication() {
  local deadline=$((SECONDS + timeout)) failed='jsonpath={.status.conditions[?(@.type=="Failed")].reason}'
  say 'Waiting until authentication is on'
  until kube wait --for condition=Complete --timeout 5s job/etcd-authentication >/dev/null 2>&1; do
    if [ -n "$(kube get job etcd-authentication --output "$failed")" ]; then
      explain 'authentication was not turned on: the log of etcd-authentication, above, says why'
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then explain "authentication is not on after $timeout seconds"; fi
  done
}

offer() {
  local host=etcd.$namespace.svc
  if [ -n "$cluster_ip" ]; then
    host=$(kube get service etcd --output 'jsonpath={.spec.clusterIP}')
    case $host in *:*) host="[$host]" ;; esac
  fi
  sed "s|http://etcd:2379|http://$host:2379|" "$INSTALL/samples/etcd.yaml" | kube apply --filename -
  kube wait --for condition=Accepted --timeout 60s serviceofferings.sdkbroker.broker.io/etcd >/dev/null ||
    warn "the broker has not taken the offering up yet: $KUBECTL --namespace $namespace describe osbo etcd"
  say "etcd is ready at http://$host:2379 (in the cluster)"
}

check_options
require "$KUBECTL" openssl
require_cluster
check_cluster
render_etcd
install
