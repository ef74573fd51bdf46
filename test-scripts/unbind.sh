#!/usr/bin/env bash
# Removes the binding and waits until that is done.
# shellcheck source-path=SCRIPTDIR source=shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

if [ "${VIA:-}" = service-catalog ]; then
  catalog_unbind
  exit
fi

adopt_plan
request DELETE "$BINDING_PATH?accepts_incomplete=true&$(ids)" "${EXPECTED_STATUS:-200 202}"
settle "$BINDING_PATH" gone
