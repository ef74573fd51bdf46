# shellcheck shell=bash
# Sourced by install.sh: which manifests this cluster gets, from one base (../kustomize).
# shellcheck disable=SC2154  # the options are variables of install.sh

# render: writes manifests.yaml. With --dry-run also the custom resources, and comments in place of what is secret.
render() {
  choose
  cp -R "$INSTALL/kustomize" "$WORK/kustomize"
  kustomization >"$WORK/kustomization.yaml"
  "$KUBECTL" kustomize "$WORK" >"$WORK/rendered.yaml" ||
    fail "$KUBECTL cannot put the manifests together: kubectl has to be 1.21 or newer"
  if [ -z "$dry_run" ]; then
    mv "$WORK/rendered.yaml" "$WORK/manifests.yaml"
    return
  fi
  {
    for file in "$CRDS"/*.yaml; do
      cat "$file"
      say ---
    done
    cat "$WORK/rendered.yaml"
    say '# Secret brokersdk-credentials (username, password, credentials): made at the first installation, kept later.'
    say '# Secret brokersdk-tls (tls.crt, tls.key, ca.crt): given or made, and kept while it holds.'
    if [ -n "$administrators" ]; then
      say '# Secret brokersdk-admin-credentials (credentials): yours to make, and there before this is applied.'
    fi
    if serves servicecatalog.k8s.io/v1beta1 clusterservicebrokers; then
      say '# Service Catalog is here, and is told of the broker (../service-catalog), with the authority of its certificate:'
      say ---
      registration ''
    fi
  } >"$WORK/manifests.yaml"
}

# choose: sets components.
choose() {
  local reachable=yes
  components=''
  if [ -n "$dry_run" ] && ! ask get --raw /version --request-timeout 10s >/dev/null 2>&1; then
    reachable=''
    warn 'no cluster answers: these are the manifests for a new one'
  fi
  if [ -z "$reachable" ] || ! exists namespace "$namespace" || is_namespace_ours; then
    components="$components namespace"
  fi
  if [ -n "$echo_image" ]; then components="$components echo-service"; fi
  if [ -z "$reachable" ] || serves policy/v1 poddisruptionbudgets; then
    components="$components disruption-budget"
  elif serves policy/v1beta1 poddisruptionbudgets; then
    components="$components disruption-budget-v1beta1"
  else
    warn 'this cluster has no PodDisruptionBudget: it is left out'
  fi
  if [ -n "${OPENSHIFT:-}" ]; then components="$components openshift"; fi
  if [ -n "$workloads" ]; then components="$components workloads"; fi
  if [ -n "$docker_agent" ]; then components="$components docker-agent"; fi
  if [ -n "$administrators" ]; then components="$components administrators"; fi
  if [ -n "$route" ]; then components="$components route"; fi
}

kustomization() {
  cat <<END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: $namespace
resources: [kustomize/base]
components:
END
  # shellcheck disable=SC2086  # several words
  printf '  - kustomize/components/%s\n' $components
  cat <<END
replicas:
  - { name: brokersdk, count: $replicas }
patches:
END
  image_patch Deployment brokersdk "$image"
  if [ -n "$echo_image" ]; then image_patch Deployment echo-service "$echo_image"; fi
}

# image_patch KIND NAME IMAGE
image_patch() {
  cat <<END
  - target: { kind: $1, name: $2 }
    patch: '[{ "op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "$3" }]'
END
}

# documents KIND...: those of a stream of manifests.
documents() {
  awk -v kinds=" $* " '
    function flush() {
      if (index(kinds, " " kind " ")) printf "%s---\n", text
      text = ""
      kind = ""
    }
    /^---$/ { flush(); next }
    /^kind: / { kind = $2 }
    { text = text $0 "\n" }
    END { flush() }
  '
}

# registration CA: the ClusterServiceBroker, for an authority in base64 or none.
registration() {
  sed -e '/^#/d' -e "s/NAMESPACE/$namespace/g" -e "s|CA_BUNDLE|$1|" -e '/caBundle: *$/d' \
    "$INSTALL/service-catalog/cluster-service-broker.yaml"
}
