// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace boost::fibers {
class context;
}

namespace fiberscope::detail {

class Schedulable;
class Scheduler;

/// A fiber that lends its stack to whoever needs one: it runs a process until that has ended or needs no stack, then
/// the next ready one without a switch, then waits for more. A process that parks in the middle keeps it.
/// **Thread:** its scheduler's. **Lifetime:** owned by the closure on its own stack.
class PooledFiber {
public:
    PooledFiber(Scheduler& scheduler, std::size_t stack_class) noexcept : scheduler_{scheduler}, stack_class_{stack_class} {}

    /// What the fiber executes, until the scheduler has no use for it.
    void run();

    void assign(Schedulable* work) noexcept { assigned_ = work; }
    void set_context(boost::fibers::context* context) noexcept { context_ = context; }
    boost::fibers::context* context() const noexcept { return context_; }
    std::size_t stack_class() const noexcept { return stack_class_; }
    void set_stack_top(const void* top) noexcept { stack_top_ = static_cast<const std::byte*>(top); }
    /// High end of its stack.
    const std::byte* stack_top() const noexcept { return stack_top_; }

private:
    Scheduler& scheduler_;
    std::size_t stack_class_;
    boost::fibers::context* context_ = nullptr;
    const std::byte* stack_top_ = nullptr;
    Schedulable* assigned_ = nullptr;
};

} // namespace fiberscope::detail
