#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [args...]: installs what is missing, builds, and starts fiberscope with the arguments.
set -euo pipefail

source_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# what the build says goes to standard error: standard output belongs to the program
"$source_dir/packaging/build.sh" release fiberscope >&2
exec "$source_dir/build/release/bin/fiberscope" "$@"
