#!/usr/bin/env bash
# The life of an instance of a sample service from catalog to deprovision, each step repeated where the answer to a
# repetition matters, with a message sent through the binding. For invert_service:
#   SERVICE_ID=335151ee-d035-4e3b-ae98-d76664c8fc80 PLAN_ID=small_0001 EXPECTED_RESPONSE=olleh
# shellcheck source-path=SCRIPTDIR source=shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
EXPECTED_RESPONSE=${EXPECTED_RESPONSE:-hello}
unfinished=''
unset EXPECTED_STATUS # each step here has its own

export BROKER_URL BROKER_USERNAME BROKER_PASSWORD BROKER_CA_FILE # so that each step asks the same broker

end() {
  if [ -n "$unfinished" ]; then
    printf 'cleaning up after the failure\n' >&2
    "$here/unbind.sh" >/dev/null 2>&1 || true
    "$here/deprovision.sh" >/dev/null 2>&1 || true
  fi
  clean_up
}
trap end EXIT

# step TITLE SCRIPT [ARGUMENT]
step() {
  printf '\n== %s\n' "$1"
  "$here/$2" ${3:+"$3"}
}

# expect STATUS TITLE SCRIPT [ARGUMENT]
expect() {
  local status=$1
  shift
  EXPECTED_STATUS=$status step "$@"
}

expect_plan() {
  call GET "$INSTANCE_PATH"
  [ "$(field plan_id)" = "$1" ] || fail "expected the instance on plan $1"
}

# send URI: posts "hello" through the binding, as an application would: from within the cluster, where the broker is
# installed in one. Sets STATUS and BODY.
send() {
  : >"$WORK/answer"
  if [ -n "$INSTALLED" ]; then send_from_cluster "$1"; else send_from_here "$1"; fi ||
    fail "the service does not answer at the address of the credentials"
  BODY=$(cat "$WORK/answer")
}

send_from_here() {
  # shellcheck disable=SC2086  # CURL_OPTS holds several words
  STATUS=$(printf 'url = %s\n' "$(quoted "$1")" |
    curl --config - --silent --show-error --max-time 60 --globoff --output "$WORK/answer" --write-out '%{http_code}' \
      --header 'Content-Type: application/json' --data '{"message":"hello"}' ${CURL_OPTS:-})
}

send_from_cluster() {
  # shellcheck disable=SC2016  # dollars and backquotes are of JavaScript
  printf '%s' "$1" | in_namespace exec --stdin "deployment/$BROKER_NAME" --container broker -- \
    node --input-type=module -e '
      try {
        let uri = "";
        for await (const chunk of process.stdin) uri += chunk;
        const headers = { "Content-Type": "application/json" };
        const answer = await fetch(uri, { method: "POST", headers, body: JSON.stringify({ message: "hello" }) });
        console.log(`${answer.status}\n${await answer.text()}`);
      } catch {
        process.exit(1); // what was thrown may name the address, which is a credential
      }
    ' >"$WORK/exec" || return 1
  STATUS=$(head -n 1 "$WORK/exec")
  tail -n +2 "$WORK/exec" >"$WORK/answer"
}

step 'catalog' catalog.sh
call GET /v2/catalog
printf '%s' "$BODY" | node -e '
  const { services } = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const service = services.find(({ id }) => id === process.env.SERVICE_ID);
  process.exit(service?.plans.some(({ id }) => id === process.env.PLAN_ID) ? 0 : 1);
' || fail "the catalog has no service $SERVICE_ID with a plan $PLAN_ID"

unfinished=yes
step 'provision' provision.sh
expect 200 'provision again: it exists' provision.sh
step 'the state of the last operation' last-operation.sh
step 'fetch the instance' fetch.sh
expect_plan "$PLAN_ID"

if [ -n "$OTHER_PLAN_ID" ]; then
  step 'update to the other plan' update.sh
  expect_plan "$OTHER_PLAN_ID"
fi

step 'bind' bind.sh
expect 200 'bind again: it exists' bind.sh
step 'fetch the binding' fetch.sh binding
call GET "$BINDING_PATH"
uri=$(field credentials.uri)
[ -n "$uri" ] || fail "the credentials have no uri"

printf '\n== send a message\n'
send "$uri"
[ "$STATUS" = 200 ] || fail "expected status 200 from the service, got $STATUS"
[ "$(field response)" = "$EXPECTED_RESPONSE" ] || fail "expected the response $EXPECTED_RESPONSE"
printf '"hello" was answered with "%s"\n' "$EXPECTED_RESPONSE"

step 'unbind' unbind.sh
printf '\n== send a message with the old credentials\n'
send "$uri"
[ "$STATUS" = 404 ] || fail "expected status 404 from the service, got $STATUS"
printf 'refused with 404\n'
expect 410 'unbind again: it is gone' unbind.sh
expect 404 'fetch the binding: it is gone' fetch.sh binding

step 'deprovision' deprovision.sh
unfinished=''
expect 410 'deprovision again: it is gone' deprovision.sh
expect 404 'fetch the instance: it is gone' fetch.sh

printf '\nThe whole lifecycle went well.\n'
