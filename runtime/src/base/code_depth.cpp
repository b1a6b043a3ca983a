// SPDX-License-Identifier: BSL-1.0
#include "base/code_depth.hpp"

#include <fiberscope/preemption.hpp>

namespace fiberscope::detail {

constinit thread_local CodeDepth code_depth;

} // namespace fiberscope::detail

namespace fiberscope {

NoPreempt::NoPreempt() noexcept {
    detail::add_depth(detail::code_depth.pins, 1);
}

NoPreempt::~NoPreempt() {
    detail::add_depth(detail::code_depth.pins, -1);
}

} // namespace fiberscope
