// SPDX-License-Identifier: BSL-1.0
#include "scheduler/fiber_algorithm.hpp"

#include "scheduler/scheduler.hpp"

#include <boost/fiber/context.hpp>

namespace fiberscope::detail {

void FiberAlgorithm::awakened(boost::fibers::context* context) noexcept {
    if (context->is_context(boost::fibers::type::dispatcher_context))
        scheduler_.set_dispatcher(dispatcher_ = context);
    else if (context->is_context(boost::fibers::type::worker_context))
        scheduler_.meet_foreign(context);
}

boost::fibers::context* FiberAlgorithm::pick_next() noexcept {
    if (scheduler_.is_running_process()) [[unlikely]] // all of ours end the slice before they suspend
        scheduler_.end_at_foreign_switch();
    const boost::fibers::context* active = boost::fibers::context::active();
    while (active == dispatcher_) { // our fibers belong to no scheduler of Boost's, which must not handle them
        scheduler_.switch_ended();
        boost::fibers::context* next = scheduler_.next_context();
        if (next == nullptr || !next->is_context(boost::fibers::type::worker_context))
            return next;
        next->resume();
    }
    if (boost::fibers::context* next = scheduler_.next_context())
        return next;
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
