// SPDX-License-Identifier: BSL-1.0
/// How a scheduler's running process is interrupted, and given up.
#include "scheduler/scheduler.hpp"

#include "base/code_depth.hpp"
#include "scheduler/scheduler_group.hpp"
#include "scheduler/thread_state.hpp"

#include <boost/fiber/context.hpp>

namespace fiberscope::detail {

// -- the monitor's view ----

bool Scheduler::is_waited_for(std::int64_t now_ns) const noexcept {
    return queue_length() > 0 || has_pending() || next_timer_ns() <= now_ns;
}

bool Scheduler::may_signal(const Schedulable& process) const noexcept {
    return group_.settings().signal_handlers && preemption_signal::refused_because().empty() &&
           process.preemption.value_or(group_.preemption()) == Preemption::signal;
}

void Scheduler::send_signal(const RunningSlice& slice, bool wants_stack) noexcept {
    if (wants_stack)
        slice_.stack_request.ask();
    slice_.aim_at(slice);
    preemption_signal::send(thread_);
}

// -- in the signal handler: nothing here may allocate or lock ----

bool Scheduler::may_interrupt(const InterruptedCode& code) noexcept {
    Schedulable* process = slice_.process();
    if (process == nullptr || !slice_.is_aimed_at())
        return false;
    const PooledFiber& fiber = *process->fiber.load(std::memory_order_relaxed);
    const std::uintptr_t lowest = fiber.stack().low() + preemption_signal::stack_reserve();
    const bool is_wished = may_signal(*process);
    const bool can_be = is_wished && code_depth.is_user_code() && !code_depth.is_pinned() &&
                        preemption_signal::may_be_interrupted(code.pc) && code.sp > lowest && code.sp < fiber.stack().high();
    if (can_be) {
        slice_.set_interrupted_pc(code.pc);
        return true;
    }
    if (is_wished) { // else it was only to tell its stack
        counters.signal_refusals.add();
        process->refusals.add();
    }
    if (slice_.stack_request.is_asked()) {
        FaultDesk::sample(code, fiber, slice_.stack_request.sample());
        slice_.stack_request.answered();
    }
    return false;
}

void Scheduler::describe(Crash& crash) const noexcept {
    crash.scheduler = id_;
    faults_.describe(crash);
}

// -- in the injected call ----

void Scheduler::interrupted() noexcept {
    slice_.process()->interrupted(*this);
}

void Scheduler::end_by_force() noexcept {
    faults_.urge_to_end(false);
    slice_.process()->end_by_force(*this, faults_.forced_end());
    __builtin_unreachable();
}

// -- looks at the stack ----

bool Scheduler::has_overflowed(const Schedulable& process) const noexcept {
    const PooledFiber* fiber = process.fiber.load(std::memory_order_relaxed);
    return fiber != nullptr && (fiber->zone() != Zone::closed || is_below_stack() || StackPool::is_overrun(fiber->stack()));
}

bool Scheduler::may_unwind() noexcept {
    constexpr std::int64_t second_ns = 1'000'000'000;
    constexpr std::uint32_t most_a_second = 100;
    if (now_ns_ - unwound_since_ns_ >= second_ns) {
        unwound_since_ns_ = now_ns_;
        unwound_ = 0;
    }
    return unwound_++ < most_a_second;
}

// -- giving up ----

void Scheduler::abandon(Schedulable& process) noexcept {
    lose_fiber(process);
    chosen_ = false;
    switch_to(&process);
    __builtin_unreachable();
}

void Scheduler::lose_fiber(Schedulable& process) noexcept {
    ThreadState::drop_exceptions();
    end_slice(process);
    lost_fiber_ = process.fiber.exchange(nullptr, std::memory_order_relaxed);
    fibers_.is_back();
    choose(&process);
}

/// Takes back what a fiber held that is not resumed any more. Its context and its closure lie on its stack and are not destroyed;
/// of those nothing is elsewhere but the PooledFiber.
void Scheduler::bury() noexcept {
    PooledFiber* lost = std::exchange(lost_fiber_, nullptr);
    if (lost_foreign_ != nullptr)
        std::exchange(lost_foreign_, nullptr)->detach();
    if (lost->zone() != Zone::closed)
        faults_.close_zone(*lost);
    faults_.forget_stack();
    if (lost->context()->waker_epoch_.load(std::memory_order_relaxed) == 0)
        group_.stacks().release(lost->stack());
    else
        group_.stacks().leave(lost->stack()); // somebody may know a waker of Boost's there
    delete lost;
    requeue_those_without_fiber();
}

// -- Boost.Fiber's own calls in a process ----
//
// They do not work there: Boost would resume fibers behind the scheduler's back. A process that makes one ends at once, as far
// as Boost lets it: its locks are given back by the switch that it has begun, and nobody wakes it any more.

void Scheduler::end_at_foreign_switch() noexcept {
    add_depth(code_depth.runtime_calls, 1); // the process does not come back to its own code
    Schedulable& process = *slice_.process();
    boost::fibers::context& context = *process.fiber.load(std::memory_order_relaxed)->context();
    if (context.sleep_is_linked())
        context.sleep_unlink();
    if (context.waker_epoch_.load(std::memory_order_relaxed) != 0)
        ++context.waker_epoch_; // what it waits for may still hold a waker: that is out of date now
    process.end_in_foreign_switch(boost::fibers::context::active() == &context);
    lose_fiber(process);
}

void Scheduler::end_before_foreign_change() noexcept {
    end_at_foreign_switch();
    lost_fiber_->context()->suspend();
    __builtin_unreachable();
}

void Scheduler::meet_foreign(boost::fibers::context* context) noexcept {
    const bool is_lost = lost_fiber_ != nullptr && lost_fiber_->context() == context; // it has yielded
    if (is_lost || !is_running_process())
        return;
    boost::fibers::context* active = boost::fibers::context::active();
    const PooledFiber& own = *slice_.process()->fiber.load(std::memory_order_relaxed);
    // launch::post comes here on the stack of the process, launch::dispatch on that of the new fiber; it does not run in either
    lost_foreign_ = active == own.context() ? context : active;
    end_before_foreign_change();
}

} // namespace fiberscope::detail
