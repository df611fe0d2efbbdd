#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the end-to-end suite. A local cluster that this script starts is stopped
# again, unless KEEP=1; one that was up stays up.
set -euo pipefail
cd "$(dirname "$0")/.."

go=${GO:-go}

cluster() { "$go" -C hack/cluster run . "$@"; }

finish() {
  local status=$?
  if [[ ${started:-} && ${KEEP:-} != 1 ]]; then
    cluster down || status=1
  fi
  exit "$status"
}

hack/images.sh binaries
if [[ ${CLUSTER:-local} != existing ]]; then
  if ! cluster status >/dev/null 2>&1; then
    started=yes
    trap finish EXIT
  fi
  cluster up
  hack/images.sh load
fi
hack/gotest.sh e2e
