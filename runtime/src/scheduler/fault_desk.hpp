// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "scheduler/fault_signal.hpp"
#include "scheduler/pooled_fiber.hpp"
#include "scheduler/schedulable.hpp"
#include "scheduler/stack_pool.hpp"
#include "scheduler/watched_slice.hpp"

#include <cstdint>
#include <optional>

namespace fiberscope::detail {

/// What happens when the running process of a scheduler uses up its stack or faults.
/// **Thread:** the owning thread's, and its signal handlers, which interrupt nothing of this.
class FaultDesk {
public:
    /// `traps_faults`: a hardware fault in a process's own code ends the process, not the program.
    FaultDesk(WatchedSlice& slice, StackPool& stacks, bool traps_faults) noexcept
        : slice_{slice}, stacks_{stacks}, traps_faults_{traps_faults} {}

    /// On the thread that is served: gives it a timer, which carries `scheduler`.
    void open(Scheduler& scheduler) noexcept { urging_timer_.emplace(scheduler); }
    void close() noexcept { urging_timer_.reset(); }

    // -- in the signal handler: nothing here may allocate or lock ----

    FaultAnswer take_fault(const Fault& fault) noexcept;
    /// An instruction of code that was to be stepped through has been executed.
    FaultAnswer take_step(const InterruptedCode& code) noexcept;
    /// An overflow has happened, and the code is where it can be ended.
    bool is_to_end(const InterruptedCode& code) noexcept;
    /// The stack pointer with which Scheduler::end_by_force has room enough.
    std::uintptr_t place_to_end(std::uintptr_t sp) noexcept;
    /// What a report about the end of the program says of the process.
    void describe(Crash& crash) const noexcept;
    /// The frames of interrupted code on a fiber.
    static Interruption sample(const InterruptedCode& code, const PooledFiber& fiber, StackSample& sample) noexcept;

    // -- outside of it ----

    /// What `take_fault`, `take_step` or `is_to_end` decided on.
    const ForcedEnd& forced_end() const noexcept { return forced_end_; }
    /// Where the running process faulted or has used up its stack; empty: it has not, or nobody saw it.
    const StackSample& stack() const noexcept { return stack_; }
    void forget_stack() noexcept { stack_.clear(); }
    /// Lets a process that has overflowed be urged, or not: it waits for somebody who uses its stack.
    void urge_to_end(bool urge) noexcept { urge ? urging_timer_->arm() : urging_timer_->disarm(); }
    /// The process has come back from the guard zone, or is gone.
    void close_zone(PooledFiber& fiber) noexcept;

private:
    FaultAnswer take_overflow(const Fault& fault, PooledFiber& fiber, bool is_own_code) noexcept;
    void open_zone(PooledFiber& fiber, Zone part) noexcept;

    WatchedSlice& slice_;
    StackPool& stacks_;
    const bool traps_faults_;
    ForcedEnd forced_end_;
    std::uint32_t steps_ = 0; ///< since code is stepped through
    StackSample stack_;
    std::optional<UrgingTimer> urging_timer_;
};

} // namespace fiberscope::detail
