// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/fiber/algo/algorithm.hpp>

namespace fiberscope::detail {

class Scheduler;

/// Boost.Fiber's view of a scheduler. Boost asks `pick_next` whom to run; the answer comes from our run queue of
/// processes. Boost's own ready queue is not used: only its dispatcher (which sleeps while there is nothing to do, and
/// frees ended fibers) and the thread's main context pass through here besides our pooled fibers.
class FiberAlgorithm final : public boost::fibers::algo::algorithm {
public:
    explicit FiberAlgorithm(Scheduler& scheduler) noexcept : scheduler_{scheduler} {}

    /// Pooled fibers are found through our queues, so only the dispatcher and new fibers are noted. A process that makes a
    /// fiber ends.
    void awakened(boost::fibers::context* context) noexcept override;
    /// Never the active context: `Scheduler::switch_out` sees to that before it suspends. A process that suspends by a call of
    /// Boost's ends.
    boost::fibers::context* pick_next() noexcept override;
    bool has_ready_fibers() const noexcept override;
    void suspend_until(const std::chrono::steady_clock::time_point& until) noexcept override;
    /// May be called from any thread.
    void notify() noexcept override;

private:
    Scheduler& scheduler_;
    boost::fibers::context* dispatcher_ = nullptr;
};

} // namespace fiberscope::detail
