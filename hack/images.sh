#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# images.sh binaries|archives|load
#
# binaries: static programs in dist/bin. archives: those, as images in
# dist/images. load: those, imported into both nodes of the local cluster.
# The shard is built twice, with two versions: the demo rolls from one to the
# other.
set -euo pipefail
cd "$(dirname "$0")/.."

go=${GO:-go}
dist=$PWD/${DIST:-dist}
version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo unknown)}
archives=()

compile() { # NAME PACKAGE VERSION
  CGO_ENABLED=0 "$go" build -trimpath -tags nodev -ldflags "-s -w -X main.version=$3" -o "$dist/bin/$1" "$2"
}

binaries() {
  mkdir -p "$dist/bin"
  compile operator ./cmd/operator "$version"
  compile shard ./cmd/shard "$version"
  compile shard-next ./cmd/shard "$version+next"
  compile bots ./cmd/bots "$version"
  compile kubectl-gamesession ./cmd/kubectl-gamesession "$version"
  compile foldcheck ./test/foldcheck "$version"
}

pack() { # IMAGE PROGRAM NAME-IN-IMAGE
  archives+=("$dist/images/$2.tar")
  "$dist/bin/cluster" image --name "$1" --binary "$dist/bin/$2" --binary-name "$3" \
    --label "org.opencontainers.image.version=$version" --out "$dist/images/$2.tar" >/dev/null
}

archives() {
  binaries
  mkdir -p "$dist/images"
  "$go" build -C hack/cluster -o "$dist/bin/cluster" .
  pack gamesession/operator:dev operator operator
  pack gamesession/shard:dev shard shard
  pack gamesession/shard:next shard-next shard
  archives+=("$dist/images/redis.tar")
  "$dist/bin/cluster" redis-image --out "$dist/images/redis.tar" >/dev/null
  printf 'image archive %s\n' "${archives[@]#"$PWD/"}"
}

case ${1:-} in
binaries) binaries ;;
archives) archives ;;
load)
  archives
  "$dist/bin/cluster" load "${archives[@]}"
  ;;
*)
  echo "usage: images.sh binaries|archives|load" >&2
  exit 2
  ;;
esac
