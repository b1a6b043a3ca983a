// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "scheduler/stack_pool.hpp"
#include "scheduler/stack_sample.hpp"

#include <cstddef>
#include <cstdint>

namespace boost::fibers {
class context;
}

namespace fiberscope::detail {

class Schedulable;
class Scheduler;

/// How far a stack's guard zone is open.
enum class Zone : std::uint8_t { closed, half, open };

/// A fiber that lends its stack to whoever needs one: it runs a process until that has ended or needs no stack, then
/// the next ready one without a switch, then waits for more. A process that parks in the middle keeps it, and takes it along to
/// another scheduler.
/// **Thread:** its scheduler's. **Lifetime:** owned by the closure on its own stack.
class PooledFiber {
public:
    explicit PooledFiber(std::size_t stack_class) noexcept : stack_class_{stack_class} {}

    /// What the fiber executes, until the scheduler has no use for it.
    void run();

    void assign(Schedulable* work) noexcept { assigned_ = work; }
    void set_context(boost::fibers::context* context) noexcept { context_ = context; }
    /// Where it runs, or ran last.
    Scheduler* scheduler() const noexcept { return scheduler_; }
    void set_scheduler(Scheduler& scheduler) noexcept { scheduler_ = &scheduler; }
    boost::fibers::context* context() const noexcept { return context_; }
    std::size_t stack_class() const noexcept { return stack_class_; }
    void set_stack(const Stack& stack) noexcept { stack_ = stack; }
    const Stack& stack() const noexcept { return stack_; }
    /// Where the frames of the processes lie that it runs: below those of the fiber itself.
    StackSpan frames() const noexcept { return {stack_.zone_low(), frames_end_}; }
    /// Its stack was too short where its process could not be ended: that may use the guard zone for a while, at first the
    /// upper half. Written by the signal handler, too.
    Zone zone() const noexcept { return zone_; }
    void set_zone(Zone zone) noexcept { zone_ = zone; }
    /// It has run since its stack was trimmed last.
    bool is_used() const noexcept { return is_used_; }
    void set_used(bool used) noexcept { is_used_ = used; }

private:
    Scheduler* scheduler_ = nullptr;
    std::size_t stack_class_;
    boost::fibers::context* context_ = nullptr;
    Stack stack_;
    std::uintptr_t frames_end_ = 0;
    Zone zone_ = Zone::closed;
    bool is_used_ = false;
    Schedulable* assigned_ = nullptr;
};

} // namespace fiberscope::detail
