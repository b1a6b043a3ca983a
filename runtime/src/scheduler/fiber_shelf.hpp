// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "scheduler/pooled_fiber.hpp"
#include "scheduler/stack_pool.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace boost::fibers {
class context;
}

namespace fiberscope::detail {

/// The fibers that a scheduler lends to processes: how they are made, kept and ended.
/// While others can be made, the few of the usual size that are kept from the start are not needed. Else servers that have
/// begun go on running on them, but for the last, which is for processes that have to end.
/// **Thread:** the owning thread; the count: any.
class FiberShelf {
public:
    FiberShelf(Scheduler& owner, StackPool& stacks, std::size_t usual_stack_bytes) noexcept
        : owner_{owner}, stacks_{stacks}, usual_class_{StackPool::class_of(usual_stack_bytes)} {}

    /// `main`: that of the thread, to which all fibers are attached. **Errors:** std::system_error: no memory for those that
    /// are kept.
    void open(boost::fibers::context& main);
    /// The caller lets each run to its end, so that Boost can free it; nullptr: there is none left.
    PooledFiber* take_last() noexcept;

    /// An idle fiber, or a new one. Where none can be had a process may be told to end, and gets one for that. nullptr: it has
    /// to wait until one is idle.
    PooledFiber* fiber_for(Schedulable& process) noexcept;
    /// Idle again. False: there are enough, it is to end.
    bool put(PooledFiber& fiber, std::int64_t now_ns) noexcept;
    /// There are as many idle ones as are kept for processes that could not begin and need one to end.
    bool has_kept(std::size_t stack_class) const noexcept { return idle_[stack_class].size() >= kept(stack_class); }
    /// It comes from another scheduler, or is new: is one of this thread's from now on.
    void receive(PooledFiber& fiber) noexcept;

    /// Memory that deep calls have left in the stacks of idle fibers goes back to the system, if that is due. When it will be;
    /// never_ns: there is nothing to give back.
    std::int64_t trim_if_due(std::int64_t now_ns) noexcept;

    /// Fibers that hold processes of this scheduler. **Thread:** any.
    std::uint32_t lent() const noexcept { return lent_.load(std::memory_order_relaxed); }
    void is_lent() noexcept { lent_.fetch_add(1, std::memory_order_relaxed); }
    void is_back() noexcept { lent_.fetch_sub(1, std::memory_order_relaxed); }

private:
    std::size_t kept(std::size_t stack_class) const noexcept;
    PooledFiber* make(std::size_t stack_class) noexcept;
    PooledFiber* take(std::size_t stack_class) noexcept;
    void trim(std::int64_t now_ns) noexcept;

    Scheduler& owner_;
    StackPool& stacks_;
    const std::size_t usual_class_;
    boost::fibers::context* main_ = nullptr;
    std::array<std::vector<PooledFiber*>, StackPool::classes> idle_; ///< the last one is used first
    std::atomic<std::uint32_t> lent_{0};                             ///< written by who lends, takes over or gives back
    std::int64_t trimmed_ns_ = 0;                                    ///< when idle fibers gave back memory last
    std::uint32_t put_since_trim_ = 0;
};

} // namespace fiberscope::detail
