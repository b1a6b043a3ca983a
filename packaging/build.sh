#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# build.sh PRESET [ninja args...]: installs what is missing, configures and builds a preset in build/PRESET.
set -euo pipefail

preset=${1:?"which preset? release, dev, package, asan or tsan"}
shift
source_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
"$source_dir/packaging/setup.sh"
cd -- "$source_dir"
if [[ ! -e build/$preset/build.ninja ]]; then
    cmake --preset "$preset"
fi
cmake --build --preset "$preset" -- "$@"
