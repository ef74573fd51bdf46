# shellcheck shell=bash
# Sourced by the scripts beside it: what is asked for, and how to ask. Needs curl and Node, and kubectl for a cluster.
#
# Which broker is asked, the first of these that holds (find-broker.sh); a line on standard error says which it is:
#   BROKER_URL        that one, an address without /v2
#   VIA=local         the one of `make run`, on this machine at BROKER_PORT (8080)
#   VIA=cluster, or NAMESPACE   the one that is installed in that namespace (brokersdk) of the kubeconfig's cluster
#   otherwise         the one of `make run` where it answers, else the one in the cluster
# With VIA=service-catalog, provision, bind, unbind and deprovision ask Service Catalog instead (service-catalog.sh).
#
#   BROKER_USERNAME, BROKER_PASSWORD   (broker, broker; in a cluster, those of the installation's Secret)
#   BROKER_CA_FILE    the certificate authority of an https broker (in a cluster, that of the installation's Secret)
#   CATALOG_NAMESPACE the application's namespace, for VIA=service-catalog (default)
#   CURL_OPTS         further options of curl, separated by blanks
#   SERVICE_ID, PLAN_ID, OTHER_PLAN_ID, INSTANCE_ID, BINDING_ID   (the sample service echo_service; with another
#                     SERVICE_ID, there is no OTHER_PLAN_ID unless it is given)
#   PARAMETERS        a JSON object, for provision, update and bind
#   EXPECTED_STATUS   the statuses to accept from the first request, separated by blanks
#   POLL_TIMEOUT      how many seconds an asynchronous operation may take (300)
#   SHOW_CREDENTIALS  set to 1, prints the credentials of bindings and the secrets of dashboard clients, which are
#                     hidden otherwise
set -euo pipefail

BROKER_API_VERSION=${BROKER_API_VERSION:-2.17}
if [ -z "${SERVICE_ID:-}" ]; then OTHER_PLAN_ID=${OTHER_PLAN_ID-free_0001}; fi
export SERVICE_ID=${SERVICE_ID:-8929d1a1-2efb-4443-b67a-6f369bb39795}
export PLAN_ID=${PLAN_ID:-big_0001}
export OTHER_PLAN_ID=${OTHER_PLAN_ID:-}
export INSTANCE_ID=${INSTANCE_ID:-7da001ba-dd6c-44d9-bffd-a064935af78b}
export BINDING_ID=${BINDING_ID:-df5ad5f9-7abc-4c1a-ac32-714d4460e1a0}
export PARAMETERS=${PARAMETERS:-}
export SHOW_CREDENTIALS=${SHOW_CREDENTIALS:-}
POLL_TIMEOUT=${POLL_TIMEOUT:-300}

WORK=$(mktemp -d "${TMPDIR:-/tmp}/osb-scripts.XXXXXX")
PORT_FORWARD='' # the process of kubectl, where there is one

clean_up() {
  if [ -n "$PORT_FORWARD" ]; then { kill "$PORT_FORWARD" && wait "$PORT_FORWARD"; } 2>/dev/null || true; fi
  rm -rf "$WORK"
}
trap clean_up EXIT

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

if [ -n "$PARAMETERS" ]; then
  node -e 'try { JSON.parse(process.env.PARAMETERS) } catch { process.exit(1) }' ||
    fail "PARAMETERS is not JSON: give an object, as in PARAMETERS='{\"name\": \"value\"}'"
fi

# encode TEXT: as a part of a URL.
encode() {
  node -e 'process.stdout.write(encodeURIComponent(process.argv[1]))' -- "$1"
}

INSTANCE_PATH=/v2/service_instances/$(encode "$INSTANCE_ID")
# shellcheck disable=SC2034  # used by the scripts that source this one
BINDING_PATH=$INSTANCE_PATH/service_bindings/$(encode "$BINDING_ID")

# ids: the query that deletes and polls carry.
ids() {
  printf 'service_id=%s&plan_id=%s' "$(encode "$SERVICE_ID")" "$(encode "$PLAN_ID")"
}

# body EXPRESSION: the JSON of a JavaScript object; `e` is the environment, `parameters` and `context` are ready.
body() {
  # shellcheck disable=SC2016  # the dollar is of JavaScript
  node -e '
    const e = process.env;
    const parameters = e.PARAMETERS ? JSON.parse(e.PARAMETERS) : undefined;
    const context = { platform: "kubernetes", namespace: "default", clusterid: "test-scripts" };
    process.stdout.write(JSON.stringify(eval(`(${process.argv[1]})`)));
  ' -- "$1"
}

# field PATH: a field of the last answer, `credentials.uri` for example; empty when it is absent.
field() {
  printf '%s' "$BODY" | node -e '
    let value = JSON.parse(require("fs").readFileSync(0, "utf8"));
    for (const key of process.argv[1].split(".")) value = value?.[key];
    if (value !== undefined && value !== null) console.log(value);
  ' -- "$1"
}

# pretty: standard input as indented JSON without credentials; fails when it is no JSON object.
pretty() {
  node -e '
    const hidden = "(hidden; SHOW_CREDENTIALS=1 shows it)";
    const mask = (value) => Object.fromEntries(Object.keys(value).map((key) => [key, hidden]));
    const hide = (key, value) => {
      if (process.env.SHOW_CREDENTIALS || !value) return value;
      if (key === "credentials") return mask(value);
      return key === "dashboard_client" ? { ...value, secret: hidden } : value;
    };
    try {
      const value = JSON.parse(require("fs").readFileSync(0, "utf8"));
      if (typeof value !== "object" || value === null || Array.isArray(value)) process.exit(1);
      console.log(JSON.stringify(value, hide, 2));
    } catch {
      process.exit(1);
    }
  '
}

# quoted TEXT: as a value in a configuration of curl. Secrets reach curl that way, out of the list of processes.
quoted() {
  printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

# call METHOD PATH [BODY]: asks the broker; sets STATUS, BODY and RETRY_AFTER.
call() {
  local args
  args=(--silent --show-error --max-time 60 --globoff --path-as-is --request "$1"
    --header "X-Broker-API-Version: $BROKER_API_VERSION" --header 'Accept: application/json'
    --dump-header "$WORK/headers" --output "$WORK/answer" --write-out '%{http_code}')
  if [ -n "$BROKER_CA_FILE" ]; then args+=(--cacert "$BROKER_CA_FILE"); fi
  if [ $# -gt 2 ]; then
    printf '%s' "$3" >"$WORK/request"
    args+=(--header 'Content-Type: application/json' --data-binary "@$WORK/request")
  fi
  : >"$WORK/answer"
  # shellcheck disable=SC2086  # CURL_OPTS holds several words
  STATUS=$(printf 'user = %s\n' "$(quoted "$BROKER_USERNAME:$BROKER_PASSWORD")" |
    curl --config - "${args[@]}" ${CURL_OPTS:-} "$BROKER_URL$2") || fail "$1 $BROKER_URL$2: no answer"
  BODY=$(cat "$WORK/answer")
  RETRY_AFTER=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9][0-9]*\).*/\1/p' "$WORK/headers" | tail -n 1)
}

# request METHOD PATH EXPECTED [BODY]: asks, prints the status and the JSON, and fails unless the status is expected.
request() {
  local method=$1 path=$2 expected=$3
  shift 3
  call "$method" "$path" "$@"
  printf '%s %s -> %s\n' "$method" "$path" "$STATUS"
  printf '%s' "$BODY" | pretty || fail "the answer is not a JSON object"
  case " $expected " in
    *" $STATUS "*) ;;
    *) fail "expected status $expected, got $STATUS" ;;
  esac
}

# adopt_plan: sets PLAN_ID to the plan that the instance is on, which an update may have changed.
adopt_plan() {
  local plan
  call GET "$INSTANCE_PATH"
  [ "$STATUS" = 200 ] || return 0
  plan=$(field plan_id)
  PLAN_ID=${plan:-$PLAN_ID}
}

# settle PATH [gone]: after a 202, polls until the operation is over, as often as the broker wishes. Fails when the
# operation does. With `gone`, 410 is a success.
settle() {
  local path=$1 gone=${2:-} expected=200 deadline=$((SECONDS + POLL_TIMEOUT)) operation query
  [ "$STATUS" = 202 ] || return 0
  operation=$(field operation)
  query=$(ids)
  if [ -n "$operation" ]; then query="$query&operation=$(encode "$operation")"; fi
  if [ -n "$gone" ]; then expected='200 410'; fi
  while :; do
    sleep "${RETRY_AFTER:-1}"
    request GET "$path/last_operation?$query" "$expected"
    if [ "$STATUS" = 410 ]; then return 0; fi
    case $(field state) in
      succeeded) return 0 ;;
      'in progress') ;;
      failed) fail "the operation failed: $(field description)" ;;
      *) fail "the answer has no valid state" ;;
    esac
    [ "$SECONDS" -lt "$deadline" ] || fail "the operation is not over after $POLL_TIMEOUT seconds"
  done
}

if [ "${VIA:-}" = service-catalog ]; then
  # shellcheck source-path=SCRIPTDIR source=service-catalog.sh
  source "$(dirname "${BASH_SOURCE[0]}")/service-catalog.sh"
else
  # shellcheck source-path=SCRIPTDIR source=find-broker.sh
  source "$(dirname "${BASH_SOURCE[0]}")/find-broker.sh"
  find_broker
fi
