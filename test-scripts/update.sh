#!/usr/bin/env bash
# Moves the instance to the other plan, PLAN_ID or OTHER_PLAN_ID, and waits until that is done. With PARAMETERS and no
# OTHER_PLAN_ID, the plan stays.
# shellcheck source-path=SCRIPTDIR source=shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

target=$OTHER_PLAN_ID
first=$PLAN_ID
adopt_plan
if [ "$PLAN_ID" = "$OTHER_PLAN_ID" ]; then target=$first; fi
if [ -n "$PARAMETERS" ]; then target=${target:-$PLAN_ID}; fi
[ -n "$target" ] || fail "nothing to update: set OTHER_PLAN_ID to the plan to move to, or PARAMETERS"

request PATCH "$INSTANCE_PATH?accepts_incomplete=true" "${EXPECTED_STATUS:-200 202}" "$(TARGET=$target body '{
  service_id: e.SERVICE_ID,
  plan_id: e.TARGET,
  parameters,
  previous_values: { service_id: e.SERVICE_ID, plan_id: e.PLAN_ID },
}')"
settle "$INSTANCE_PATH"
