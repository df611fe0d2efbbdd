#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Regenerates and formats everything; fails if that changes a file, if a go.mod
# is not tidy, or if the tree has files that are not committed.
set -euo pipefail
cd "$(dirname "$0")/.."

go=${GO:-go}

# state lists every file that differs from the last commit, with its content.
state() {
  git status --porcelain --untracked-files=all
  git diff HEAD
  git ls-files --others --exclude-standard -z | xargs -0 -r sha256sum
}

before=$(state)
make generate manifests fmt
if [[ $(state) != "$before" ]]; then
  git status --short
  echo "error: generated or formatted files were out of date; they are written now: commit them" >&2
  exit 1
fi
"$go" mod tidy -diff
"$go" -C hack/cluster mod tidy -diff
"$go" -C test/robust mod tidy -diff
if [[ -n $(git status --porcelain --untracked-files=all) ]]; then
  git status --short
  echo "error: the tree has changes that are not committed" >&2
  exit 1
fi
echo "everything generated, formatted and committed"
