#!/usr/bin/env bash
# Prints the catalog.
# shellcheck source-path=SCRIPTDIR source=shared.sh
source "$(dirname "${BASH_SOURCE[0]}")/shared.sh"

request GET /v2/catalog "${EXPECTED_STATUS:-200}"
