# shellcheck shell=bash
# Sourced by install.sh: waits until the pods are ready, or says why they are not; then tells Service Catalog.
# shellcheck disable=SC2016,SC2154  # the dollar is of the template; the options are variables of install.sh
REASONS='{{range .items}}{{$pod := .metadata.name}}{{if not .metadata.deletionTimestamp}}'
REASONS=$REASONS'{{range .status.containerStatuses}}{{with .state.waiting}}'
REASONS=$REASONS'{{$pod}}: {{.reason}} {{.message}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}'

# Waiting does not help where there is no image, and hardly where a container has ended again and again.
HOPELESS='ImagePullBackOff|ErrImageNeverPull|InvalidImageName'
MAX_CRASH_SIGHTINGS=6

# wait_for_rollout KIND/NAME...
wait_for_rollout() {
  local workload crashes=0 deadline=$((SECONDS + timeout))
  for workload in "$@"; do
    say "Waiting until ${workload#*/} is ready"
    while ! kube rollout status "$workload" --timeout 10s >"$WORK/rollout" 2>&1; do
      grep -q 'timed out' "$WORK/rollout" || explain "${workload#*/}: $(tail -n 1 "$WORK/rollout")"
      if [ "$SECONDS" -ge "$deadline" ]; then explain "${workload#*/} is not ready after $timeout seconds"; fi
      reasons >"$WORK/reasons"
      if grep -Eq "$HOPELESS" "$WORK/reasons"; then
        explain "an image is missing: push it to where the cluster's nodes get it, or load it (kind load docker-image)"
      fi
      if grep -q CrashLoopBackOff "$WORK/reasons"; then crashes=$((crashes + 1)); fi
      if [ "$crashes" -ge "$MAX_CRASH_SIGHTINGS" ]; then
        explain 'a container ends whenever it is started: its log, above, says why'
      fi
    done
    tail -n 1 "$WORK/rollout"
  done
}

# retry_failed: pods that failed before wait for minutes until they are tried again. New ones are tried now.
retry_failed() {
  local pods
  pods=$(reasons | grep -E "$HOPELESS|ErrImagePull|CrashLoopBackOff" | cut -d : -f 1 | sort -u || true)
  # shellcheck disable=SC2086  # several words
  if [ -n "$pods" ]; then kube delete pod --wait=false $pods; fi
}

# reasons: a line for each container that is not running, and why; not of pods that go.
reasons() {
  kube get pods --selector "$OURS" --output "go-template=$REASONS"
}

# explain PROBLEM: all that the cluster knows about it. Fails.
explain() {
  {
    kube get pods --selector "$OURS" --output wide
    reasons
    kube get events --field-selector type=Warning --sort-by .lastTimestamp | tail -n 10
    kube logs --selector "$OURS" --all-containers --tail 5 --prefix
  } >&2 || true
  fail "$1"
}

register() {
  local ca
  if ! serves servicecatalog.k8s.io/v1beta1 clusterservicebrokers; then
    say 'Service Catalog is not installed: nothing to register with'
    return
  fi
  ca=$(kube get secret brokersdk-tls --output 'go-template={{with index .data "ca.crt"}}{{.}}{{end}}')
  registration "$ca" | ask apply --filename -
  ask wait --for condition=Ready --timeout 60s "clusterservicebrokers.servicecatalog.k8s.io/$namespace" ||
    warn "Service Catalog has not read the catalog yet: $KUBECTL describe clusterservicebroker $namespace"
}
