#!/usr/bin/env bash
# Installs the broker in the cluster of the current kubeconfig, or brings an installation up to date. Run it again as
# often as you like: the options say what is to be, credentials and certificate stay.
#
#   --namespace NAME      where to; made where it is missing (brokersdk)
#   --image IMAGE         the broker (brokersdk:latest)
#   --replicas N          how many of it (2)
#   --echo-image IMAGE    the service behind the samples (brokersdk-echo-service:latest)
#   --no-echo-service     without that service
#   --workloads           with the rights for offerings of the backend workload, as far as its samples go
#   --docker-agent        with an account for the agents of Docker hosts
#   --administrators      lets in those of the Secret brokersdk-admin-credentials, which has to be there
#   --tls-cert FILE       the broker's certificate chain in PEM; else one is made, with an authority of its own
#   --tls-key FILE        its key
#   --tls-ca FILE         the authority to check it by, where clients do not know it anyway
#   --tls-name NAME       a further name or address of the broker, for the certificate that is made; may be repeated
#   --route               OpenShift: a Route to the broker, for platforms outside the cluster
#   --timeout SECONDS     how long the pods may take to be ready (300)
#   --dry-run             only prints the manifests; asks the cluster what it has, where there is one
#
# Needs kubectl 1.21 or newer with the rights of a cluster administrator, and openssl.

# shellcheck source-path=SCRIPTDIR source=shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/shared.sh"
# shellcheck source-path=SCRIPTDIR source=manifests.sh
source "$(dirname "${BASH_SOURCE[0]}")/manifests.sh"
# shellcheck source-path=SCRIPTDIR source=certificate.sh
source "$(dirname "${BASH_SOURCE[0]}")/certificate.sh"
# shellcheck source-path=SCRIPTDIR source=rollout.sh
source "$(dirname "${BASH_SOURCE[0]}")/rollout.sh"

image=brokersdk:latest
echo_image=brokersdk-echo-service:latest
replicas=2
timeout=300
tls_cert='' tls_key='' tls_ca='' tls_names='' route='' workloads='' docker_agent='' administrators='' dry_run=''

while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --dry-run) dry_run=yes && shift && continue ;;
    --no-echo-service) echo_image='' && shift && continue ;;
    --workloads) workloads=yes && shift && continue ;;
    --docker-agent) docker_agent=yes && shift && continue ;;
    --administrators) administrators=yes && shift && continue ;;
    --route) route=yes && shift && continue ;;
    --namespace) namespace=$(value "$1" $# "${2:-}") ;;
    --image) image=$(value "$1" $# "${2:-}") ;;
    --echo-image) echo_image=$(value "$1" $# "${2:-}") ;;
    --replicas) replicas=$(value "$1" $# "${2:-}") ;;
    --timeout) timeout=$(value "$1" $# "${2:-}") ;;
    --tls-cert) tls_cert=$(value "$1" $# "${2:-}") ;;
    --tls-key) tls_key=$(value "$1" $# "${2:-}") ;;
    --tls-ca) tls_ca=$(value "$1" $# "${2:-}") ;;
    --tls-name) tls_names="$tls_names $(value "$1" $# "${2:-}")" ;;
    *) fail "$1 is no option ($0 --help)" ;;
  esac
  shift 2
done

check_options() {
  local file
  require_namespace
  for file in "$image" "$echo_image"; do
    case $file in *[!A-Za-z0-9._:/@-]*) fail "$file is not the name of an image" ;; esac
  done
  case $replicas in *[!0-9]* | 0) fail "--replicas $replicas: give a number from 1 on" ;; esac
  case $timeout in *[!0-9]*) fail "--timeout $timeout: give a number of seconds" ;; esac
  case $tls_names in *[!A-Za-z0-9.:\ *-]*) fail "--tls-name: these are not all names or addresses:$tls_names" ;; esac
  if [ "${tls_cert:+given}" != "${tls_key:+given}" ]; then fail '--tls-cert and --tls-key go together: give both or none'; fi
  if [ -n "$tls_ca" ] && [ -z "$tls_cert" ]; then fail '--tls-ca goes with --tls-cert and --tls-key'; fi
  for file in "$tls_cert" "$tls_key" "$tls_ca"; do
    if [ -n "$file" ] && [ ! -r "$file" ]; then fail "$file cannot be read"; fi
  done
}

# put_secret NAME TYPE KEY=FILE...: values come from files, since others can read a command line.
put_secret() {
  local name=$1 type=$2 pair verb=create
  shift 2
  if exists secret "$name"; then verb=replace; fi
  for pair in "$@"; do
    set -- "$@" "--from-file=$pair"
    shift
  done
  kube create secret generic "$name" --type "$type" "$@" --dry-run=client --output yaml >"$WORK/secret.yaml"
  kube label --local --filename "$WORK/secret.yaml" --output yaml "$OURS" app.kubernetes.io/name=brokersdk |
    kube "$verb" --filename -
}

put_credentials() {
  local password
  if exists secret brokersdk-credentials; then
    say 'credentials: kept'
    return
  fi
  password=$(openssl rand -hex 24)
  printf broker >"$WORK/username"
  printf %s "$password" >"$WORK/password"
  printf 'broker:%s\n' "$password" >"$WORK/credentials"
  put_secret brokersdk-credentials Opaque \
    "username=$WORK/username" "password=$WORK/password" "credentials=$WORK/credentials"
  say 'credentials: made, for the user broker'
}

# require_administrators: pods would wait for their file for ever.
require_administrators() {
  local secret=brokersdk-admin-credentials value
  exists secret "$secret" ||
    fail "--administrators: there is no Secret $secret in the namespace $namespace: make it (docs/installing.md)"
  value=$(kube get secret "$secret" --output 'go-template={{if .data.credentials}}given{{end}}')
  if [ -z "$value" ]; then fail "the Secret $secret has nothing under the key credentials: put user:password there"; fi
}

install() {
  local address host=''
  say "Installing $image in the namespace $namespace, $replicas of it"
  ask apply --server-side --force-conflicts --filename "$CRDS"
  ask wait --for condition=Established --timeout 60s --filename "$CRDS"
  # The address of the Service goes into the certificate, and pods wait for their Secrets: these come first.
  documents Namespace Service Route <"$WORK/manifests.yaml" | ask apply --filename -
  put_credentials
  address=$(kube get service brokersdk --output 'jsonpath={.spec.clusterIP}')
  if [ -n "$route" ]; then host=$(kube get route brokersdk --output 'jsonpath={.spec.host}'); fi
  # shellcheck disable=SC2086  # several words
  put_tls_secret brokersdk "brokersdk.$namespace" "brokersdk.$namespace.svc" "brokersdk.$namespace.svc.cluster.local" \
    localhost 127.0.0.1 "$address" $host $tls_names
  ask apply --filename "$WORK/manifests.yaml" | tee "$WORK/applied"
  retry_failed
  if [ -z "$workloads" ]; then kube delete rolebinding,role brokersdk-workloads --ignore-not-found; fi
  if [ -z "$docker_agent" ]; then kube delete rolebinding,role,serviceaccount brokersdk-agent --ignore-not-found; fi
  if [ -z "$echo_image" ]; then
    kube delete deployment,service,serviceaccount,networkpolicy --ignore-not-found \
      --selector "$OURS,app.kubernetes.io/component=echo-service"
    wait_for_rollout deployment/brokersdk
  else
    wait_for_rollout deployment/brokersdk deployment/echo-service
  fi
  register
}

next_steps() {
  if grep -q '^deployment.apps/brokersdk unchanged' "$WORK/applied"; then
    cat <<END

The pods stay as they were. If $image was built anew under that name:

  $KUBECTL --namespace $namespace rollout restart deployment/brokersdk
END
  fi
  cat <<END

The broker is ready at https://brokersdk.$namespace.svc:8443 (in the cluster). To try it:

  NAMESPACE=$namespace test-scripts/catalog.sh
END
  if [ -n "$echo_image" ]; then
    cat <<END
  NAMESPACE=$namespace test-scripts/provision.sh
  NAMESPACE=$namespace test-scripts/bind.sh
  $KUBECTL --namespace $namespace get osbi,osbb
END
  fi
}

check_options
require "$KUBECTL"
if [ -n "$dry_run" ]; then
  render
  cat "$WORK/manifests.yaml"
  exit
fi
require openssl
if [ -n "$tls_cert" ]; then check_given; fi
require_cluster
require_not_helm
if [ -n "$administrators" ]; then require_administrators; fi
render
install
next_steps
