#!/usr/bin/env bash
# Provisions the instance and waits until that is done.
# shellcheck source-path=SCRIPTDIR source=shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

if [ "${VIA:-}" = service-catalog ]; then
  catalog_provision
  exit
fi

request PUT "$INSTANCE_PATH?accepts_incomplete=true" "${EXPECTED_STATUS:-200 201 202}" "$(body '{
  service_id: e.SERVICE_ID,
  plan_id: e.PLAN_ID,
  organization_guid: "test-scripts-organization",
  space_guid: "test-scripts-space",
  context: { ...context, instance_name: "test-scripts" },
  parameters,
}')"
settle "$INSTANCE_PATH"
