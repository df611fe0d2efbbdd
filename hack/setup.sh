#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# setup.sh check|install PROGRAM...
#
# Makes sure that programs are there. `check` only looks and says what to
# install; `install` takes missing ones from Debian's packages (root or sudo),
# and never starts a service.
set -euo pipefail

declare -A package=([chromium]=chromium [gcc]="gcc libc6-dev" [git]=git [npm]=npm [python3-websockets]=python3-websockets [redis-server]=redis-server)
want_go=1.26

fail() {
  echo "error: $*" >&2
  exit 1
}

check_go() {
  command -v "${GO:-go}" >/dev/null || fail "no Go: install Go $want_go or newer (https://go.dev/dl/)"
  local have
  have=$("${GO:-go}" env GOVERSION)
  have=${have#go}
  [[ $(printf '%s\n' "$want_go" "$have" | sort -V | head -n1) == "$want_go" ]] ||
    fail "Go $have is too old: install Go $want_go or newer (https://go.dev/dl/)"
}

# missing prints those of the programs that are not there.
missing() {
  local program
  for program; do
    if [[ $program == python3-websockets ]]; then # a library
      /usr/bin/python3 -c 'import websockets' 2>/dev/null || echo "$program"
      continue
    fi
    PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null || echo "$program"
  done
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root, and there is no sudo: run as root: $*"
  fi
}

# The packages' scripts start no service while this policy is in place.
apt_install() {
  # shellcheck disable=SC2016
  as_root env DEBIAN_FRONTEND=noninteractive bash -euc '
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      trap "rm -f $policy" EXIT
      printf "#!/bin/sh\nexit 101\n" >"$policy"
      chmod 755 "$policy"
    fi
    apt-get -q -o DPkg::Lock::Timeout=120 update
    apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"
  ' apt "$@"
}

main() {
  local mode=${1:-} program packages=() absent=()
  [[ $mode == check || $mode == install ]] || fail "usage: setup.sh check|install PROGRAM..."
  shift
  for program; do
    if [[ $program == go ]]; then
      check_go
      continue
    fi
    [[ -n ${package[$program]:-} ]] || fail "setup.sh does not know the program $program"
    if [[ -n $(missing "$program") ]]; then
      absent+=("$program")
      # shellcheck disable=SC2206
      packages+=(${package[$program]})
    fi
  done
  ((${#absent[@]})) || return 0
  [[ $mode == install ]] || fail "not installed: ${absent[*]}. On Debian: sudo apt-get install ${packages[*]}"
  command -v apt-get >/dev/null || fail "not installed: ${absent[*]}, and no apt-get here: install them by hand"
  echo "installing ${packages[*]}" >&2
  apt_install "${packages[@]}"
}

main "$@"
