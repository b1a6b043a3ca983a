#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# setup.sh [packages...]: installs what is missing to build Fiberscope, and these, from the packages of Debian or Ubuntu. Says
# what it does; does nothing when nothing is missing. On another distribution: prints what is needed, ends with status 3.
set -euo pipefail

# One package a word; alternatives joined by '|', of which the first one known here is taken.
packages=(
    'g++' cmake ninja-build ccache pkg-config
    qt6-base-dev 'qt6-svg-dev|libqt6svg6-dev' libqcustomplot-dev
    'libboost1.81-dev|libboost-dev' 'libboost-fiber1.81-dev|libboost-fiber-dev' 'libboost-context1.81-dev|libboost-context-dev'
    libfmt-dev libdw-dev libxcb1-dev
    dpkg-dev file # for the Debian packages
    "$@"
)

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    {
        echo "setup.sh: this is no Debian or Ubuntu. Install the counterparts of these packages, then build with"
        echo "    cmake --preset release && cmake --build --preset release"
        printf '    %s\n' "${packages[@]%%|*}"
    } >&2
    exit 3
fi

is_installed() {
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Appends to `missing` the package to install for a word of `packages`, if none of its alternatives is there.
missing=()
need() {
    local alternatives package
    IFS='|' read -r -a alternatives <<<"$1"
    for package in "${alternatives[@]}"; do
        if is_installed "$package"; then
            return
        fi
    done
    for package in "${alternatives[@]}"; do
        if [[ -n $(apt-cache search --names-only "^${package//+/\\+}\$" 2>/dev/null) ]]; then
            missing+=("$package")
            return
        fi
    done
    missing+=("${alternatives[0]}")
}

find_missing() {
    missing=()
    local word
    for word in "${packages[@]}"; do
        need "$word"
    done
}

find_missing
if ((${#missing[@]} == 0)); then
    exit 0
fi

as_root=()
if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
        echo "setup.sh: not root, and there is no sudo. As root: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

echo "setup.sh: missing: ${missing[*]}"
echo "setup.sh: running: ${as_root[*]:+${as_root[*]} }apt-get update"
"${as_root[@]}" apt-get update -qq </dev/null
find_missing # fresh lists may know another alternative
echo "setup.sh: running: ${as_root[*]:+${as_root[*]} }apt-get install --no-install-recommends ${missing[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
