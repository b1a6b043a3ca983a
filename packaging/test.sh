#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test.sh [ctest args...]: installs what is missing, builds everything, and runs all tests.
set -euo pipefail

source_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
"$source_dir/packaging/build.sh" release
cd -- "$source_dir"
exec ctest --preset release "$@"
