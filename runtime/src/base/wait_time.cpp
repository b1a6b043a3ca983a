// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/wait_time.hpp>

#include "base/intern.hpp"

#include <fiberscope/term.hpp>

namespace fiberscope::detail {

void throw_bad_time() {
    throw Error{Term{atoms::badarg}};
}

} // namespace fiberscope::detail
