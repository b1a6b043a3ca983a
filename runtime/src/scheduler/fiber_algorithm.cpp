// SPDX-License-Identifier: BSL-1.0
#include "scheduler/fiber_algorithm.hpp"

#include "scheduler/scheduler.hpp"

#include <boost/fiber/context.hpp>

namespace fiberscope::detail {

void FiberAlgorithm::awakened(boost::fibers::context* context) noexcept {
    if (context->is_context(boost::fibers::type::dispatcher_context))
        dispatcher_ = context;
    else if (context->is_context(boost::fibers::type::worker_context))
        scheduler_.adopt(context);
}

boost::fibers::context* FiberAlgorithm::pick_next() noexcept {
    if (boost::fibers::context* next = scheduler_.next_context())
        return next;
    return boost::fibers::context::active() == dispatcher_ ? nullptr : dispatcher_;
}

bool FiberAlgorithm::has_ready_fibers() const noexcept {
    return false;
}

void FiberAlgorithm::suspend_until(const std::chrono::steady_clock::time_point& /*until*/) noexcept {
    scheduler_.idle();
}

void FiberAlgorithm::notify() noexcept {
    scheduler_.notify();
}

} // namespace fiberscope::detail
