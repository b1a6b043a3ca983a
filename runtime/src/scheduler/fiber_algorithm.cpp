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
    if (scheduler_.is_running_process()) [[unlikely]] // all of ours end the slice before they suspend
        scheduler_.end_at_foreign_switch();
    const boost::fibers::context* active = boost::fibers::context::active();
    if (active == dispatcher_)
        scheduler_.switch_ended();
    if (boost::fibers::context* next = scheduler_.next_context())
        return next;
    if (active == dispatcher_)
        return nullptr;
    scheduler_.switch_begins(nullptr);
    return dispatcher_;
}

bool FiberAlgorithm::has_ready_fibers() const noexcept {
    if (scheduler_.is_running_process()) // asked by who wants another algorithm in place of this
        scheduler_.end_before_foreign_change();
    return false;
}

void FiberAlgorithm::suspend_until(const std::chrono::steady_clock::time_point& /*until*/) noexcept {
    scheduler_.idle();
}

void FiberAlgorithm::notify() noexcept {
    scheduler_.notify();
}

} // namespace fiberscope::detail
