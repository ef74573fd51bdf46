#!/usr/bin/env bash
# Removes the instance and waits until that is done.
# shellcheck source-path=SCRIPTDIR source=shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

if [ "${VIA:-}" = service-catalog ]; then
  catalog_deprovision
  exit
fi

adopt_plan
request DELETE "$INSTANCE_PATH?accepts_incomplete=true&$(ids)" "${EXPECTED_STATUS:-200 202}"
settle "$INSTANCE_PATH" gone
