#!/usr/bin/env bash
# Makes the binding and waits until that is done. Its credentials are hidden unless SHOW_CREDENTIALS=1.
# shellcheck source-path=SCRIPTDIR source=shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

if [ "${VIA:-}" = service-catalog ]; then
  catalog_bind
  exit
fi

adopt_plan
request PUT "$BINDING_PATH?accepts_incomplete=true" "${EXPECTED_STATUS:-200 201 202}" "$(body '{
  service_id: e.SERVICE_ID,
  plan_id: e.PLAN_ID,
  context,
  parameters,
}')"
if [ "$STATUS" = 202 ]; then
  settle "$BINDING_PATH"
  request GET "$BINDING_PATH" 200
fi
