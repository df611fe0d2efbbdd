#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# gotest.sh unit|dice|clients|sim|cluster-tool|robust-tool|envtest|plans|e2e
#
# Runs one suite through gotestsum and keeps its events in dist/test/SUITE.json,
# from which .ci/run counts.
set -euo pipefail
cd "$(dirname "$0")/.."

go=${GO:-go}
suite=${1:?usage: gotest.sh unit|dice|clients|sim|cluster-tool|robust-tool|envtest|plans|e2e}
results=$PWD/${DIST:-dist}/test
mkdir -p "$results"

# No result is cached: many tests run programs that they build, or have kubectl read
# manifests, which the cache of results does not know of.
run() {
  "$go" tool -modfile="$tools" gotestsum --format pkgname-and-test-fails --format-hide-empty-pkg \
    --jsonfile "$results/$suite.json" -- -count=1 "$@"
}

tools=hack/tools/go.mod
case $suite in
unit)
  # What needs an API server lives below test/envtest; end-to-end is behind a tag.
  mapfile -t packages < <("$go" list ./... | grep -v '/test/envtest')
  # The bugs that the simulation has to find are planted in its own suite.
  run -race -timeout 10m -skip '^TestPlantedBugs$' "${packages[@]}"
  ;;
dice)
  # Totals of formulas against another program, which npm installs below dist.
  export DICE_ROLLER=$PWD/${DIST:-dist}/peers/dice-roller
  mkdir -p "$(dirname "$DICE_ROLLER")" && cp -r test/peers/dice-roller "$(dirname "$DICE_ROLLER")/"
  (cd "$DICE_ROLLER" && npm install --no-audit --no-fund --no-package-lock --ignore-scripts --loglevel=error)
  run -tags npm -timeout 5m -run AnotherProgram ./shard/rules/dice
  ;;
clients)
  # Clients that are not written in Go: clients/ts, and WebSockets of others. npm
  # installs Node and the compiler below dist.
  export CLIENT_TOOLS=$PWD/${DIST:-dist}/clients
  mkdir -p "$CLIENT_TOOLS" && cp test/clients/package.json "$CLIENT_TOOLS/"
  echo "module client.tools" >"$CLIENT_TOOLS/go.mod" # some of it has Go, which is no part of ours
  (cd "$CLIENT_TOOLS" && npm install --no-audit --no-fund --no-package-lock --loglevel=error)
  "$CLIENT_TOOLS/node_modules/.bin/tsc" -p clients/ts --outDir "$CLIENT_TOOLS/ts"
  run -tags npm -timeout 10m ./test/conformance ./test/clients
  ;;
sim)
  # Without the race detector, which makes it ten times slower; unit plays a few
  # seeds with it.
  run -timeout 12h ./test/sim -args -sims="${SIMS:-3000}" -seed="${SEED:-1}"
  grep -oh '\(sims\|planted\)=[^"\\]*' "$results/sim.json"
  ;;
cluster-tool)
  cd hack/cluster
  tools=../tools/go.mod
  run -timeout 5m ./...
  ;;
robust-tool)
  cd test/robust
  tools=../../hack/tools/go.mod
  run -timeout 5m ./...
  ;;
envtest)
  KUBEBUILDER_ASSETS=${KUBEBUILDER_ASSETS:-$("$go" -C hack/cluster run . assets)}
  export KUBEBUILDER_ASSETS
  run -timeout 15m ./test/envtest/...
  grep -oh 'plans=[^"\\]*' "$results/envtest.json"
  ;;
plans)
  KUBEBUILDER_ASSETS=${KUBEBUILDER_ASSETS:-$("$go" -C hack/cluster run . assets)}
  export KUBEBUILDER_ASSETS
  run -timeout 60m -run TestOperatorPlans ./test/envtest/operator -args -every
  grep -oh 'plans=[^"\\]*' "$results/plans.json"
  ;;
e2e)
  run -tags e2e -timeout 20m -v ./test/e2e/...
  ;;
*)
  echo "error: no suite $suite" >&2
  exit 2
  ;;
esac
