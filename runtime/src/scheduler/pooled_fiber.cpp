// SPDX-License-Identifier: BSL-1.0
#include "scheduler/pooled_fiber.hpp"

#include "scheduler/scheduler.hpp"

#include <utility>

namespace fiberscope::detail {

void PooledFiber::run() {
    frames_end_ = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    Scheduler* here = Scheduler::current();
    here->switch_ended();
    do
        here = &Scheduler::run_on(*this, std::exchange(assigned_, nullptr));
    while (here->park_idle(*this));
}

} // namespace fiberscope::detail
