#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# vuln.sh [if-reachable]
#
# Looks for known vulnerabilities that the code of each module reaches. VULNDB
# names a database: a folder, a .tar.xz that holds one, or a URL; without it, it
# is the Go project's. With if-reachable, a database that cannot be reached is
# said aloud and is no failure.
set -euo pipefail
cd "$(dirname "$0")/.."

go=${GO:-go}
db=${VULNDB:-}
log=$(mktemp)
unpacked=
trap 'rm -rf "$log" ${unpacked:+"$unpacked"}' EXIT

# root prints the folder of a database: the one above index/db.json.
root() {
  local index
  index=$(find "$1" -path '*/index/db.json' -print -quit)
  [[ -n $index ]] || { echo "error: $db holds no vulnerability database (index/db.json)" >&2; exit 1; }
  dirname "$(dirname "$index")"
}

if [[ -d $db ]]; then
  db=file://$(root "$(realpath "$db")")
elif [[ -f $db ]]; then
  unpacked=$(mktemp -d)
  tar -xJf "$db" -C "$unpacked"
  db=file://$(root "$unpacked")
fi

for module in . hack/cluster test/robust; do
  echo "--- $module"
  status=0
  "$go" -C "$module" tool -modfile="$PWD/hack/tools/go.mod" govulncheck ${db:+-db "$db"} ./... >"$log" 2>&1 || status=$?
  cat "$log"
  if ((status)); then
    if [[ ${1:-} == if-reachable && -z $db ]] && grep -q 'fetching vulnerabilities' "$log"; then
      echo "NOT RUN: no vulnerability database can be reached; name a copy with VULNDB=FOLDER|FILE.tar.xz"
      exit 0
    fi
    exit "$status"
  fi
done
