// SPDX-License-Identifier: BSL-1.0
/// Compiled with several sets of flags: what the check says of them.
#include <fiberscope/build_check.hpp>

fiberscope::detail::BuildFlags FIBERSCOPE_BUILD_OF() {
    return fiberscope::detail::build_here();
}
