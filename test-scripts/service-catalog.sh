# shellcheck shell=bash
# Sourced by shared.sh for VIA=service-catalog: makes and removes the resources of Service Catalog, which then asks the
# broker. This broker has kinds of the same names, so the group always stands with them. The names are the platform's
# ids, so that an instance is the same one with and without Service Catalog.
# shellcheck disable=SC2016  # dollars and backquotes are of JavaScript
CATALOG_INSTANCES=serviceinstances.servicecatalog.k8s.io
CATALOG_BINDINGS=servicebindings.servicecatalog.k8s.io
CATALOG_NAMESPACE=${CATALOG_NAMESPACE:-default}

case ${0##*/} in
  provision.sh | bind.sh | unbind.sh | deprovision.sh) ;;
  *) fail "${0##*/} asks the broker itself; VIA=service-catalog is for provision, bind, unbind and deprovision" ;;
esac

in_catalog() {
  kubectl --namespace "$CATALOG_NAMESPACE" "$@"
}

catalog_provision() {
  catalog_make "$(body '{
    apiVersion: "servicecatalog.k8s.io/v1beta1",
    kind: "ServiceInstance",
    metadata: { name: e.INSTANCE_ID },
    spec: {
      clusterServiceClassExternalID: e.SERVICE_ID,
      clusterServicePlanExternalID: e.PLAN_ID,
      externalID: e.INSTANCE_ID,
      parameters,
    },
  }')"
  catalog_wait "$CATALOG_INSTANCES" "$INSTANCE_ID"
}

catalog_bind() {
  catalog_make "$(body '{
    apiVersion: "servicecatalog.k8s.io/v1beta1",
    kind: "ServiceBinding",
    metadata: { name: e.BINDING_ID },
    spec: {
      instanceRef: { name: e.INSTANCE_ID },
      externalID: e.BINDING_ID,
      secretName: e.BINDING_ID,
      parameters,
    },
  }')"
  catalog_wait "$CATALOG_BINDINGS" "$BINDING_ID"
  printf 'The application gets the Secret %s in namespace %s:\n' "$BINDING_ID" "$CATALOG_NAMESPACE"
  in_catalog get secret "$BINDING_ID" --output json | node -e '
    const { data = {} } = JSON.parse(require("fs").readFileSync(0, "utf8") || "{}");
    const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]);
    console.log(JSON.stringify({ credentials: Object.fromEntries(decoded) }));
  ' | pretty || fail "Service Catalog says that the binding is ready, and its Secret $BINDING_ID cannot be read"
}

catalog_unbind() {
  catalog_remove "$CATALOG_BINDINGS" "$BINDING_ID"
}

catalog_deprovision() {
  catalog_remove "$CATALOG_INSTANCES" "$INSTANCE_ID"
}

# catalog_make JSON
catalog_make() {
  printf '%s' "$1" | in_catalog apply --filename - ||
    fail 'Service Catalog did not take it: kubectl says above why; is Service Catalog installed in this cluster?'
}

# state: of a resource on standard input, in a line: one word, then why.
state() {
  node -e '
    const { metadata, status = {} } = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const find = (type) => (status.conditions ?? []).find((condition) => condition.type === type);
    const say = (word, condition) =>
      console.log(`${word}: ${condition ? `${condition.reason}: ${condition.message}` : "nothing is known yet"}`);
    const [ready, failed] = [find("Ready"), find("Failed")];
    if (metadata.deletionTimestamp) {
      say([status.deprovisionStatus, status.unbindStatus].includes("Failed") ? "Failed" : "Deleting", ready);
    } else if (ready?.status === "True") say("Ready", ready);
    else if (failed?.status === "True") say("Failed", failed);
    else say("Pending", ready);
  '
}

# catalog_wait RESOURCE NAME [gone]: until it is ready, or gone. Prints each state; fails when Service Catalog has given
# it up.
catalog_wait() {
  local deadline=$((SECONDS + POLL_TIMEOUT)) object now said=''
  while :; do
    object=$(in_catalog get "$1" "$2" --output json ${3:+--ignore-not-found}) || fail "$1/$2 cannot be read"
    if [ -z "$object" ]; then return 0; fi
    now=$(printf '%s' "$object" | state)
    if [ "$now" != "$said" ]; then printf '%s\n' "$now"; fi
    said=$now
    case $now in
      Ready:*) return 0 ;;
      Failed:*) fail "$1/$2 failed, and Service Catalog does not try again" ;;
    esac
    [ "$SECONDS" -lt "$deadline" ] || fail "$1/$2 is not ${3:-ready} after $POLL_TIMEOUT seconds"
    sleep 1
  done
}

# catalog_remove RESOURCE NAME
catalog_remove() {
  in_catalog delete "$1" "$2" --wait=false || fail "$1/$2 in namespace $CATALOG_NAMESPACE was not deleted"
  catalog_wait "$1" "$2" gone
}
