// SPDX-License-Identifier: BSL-1.0
/// How a scheduler's running process is interrupted, and given up.
#include "scheduler/scheduler.hpp"

#include "base/code_depth.hpp"
#include "scheduler/scheduler_group.hpp"
#include "scheduler/thread_state.hpp"

#include <boost/fiber/context.hpp>

namespace fiberscope::detail {

// -- the monitor's view ----

RunningSlice Scheduler::running_slice() const noexcept {
    return {active_.load(std::memory_order_acquire), switches_.get(), slice_began_ns_.get()};
}

bool Scheduler::is_waited_for(std::int64_t now_ns) const noexcept {
    return queue_length() > 0 || has_pending() || next_timer_ns() <= now_ns;
}

bool Scheduler::may_signal(const Schedulable& process) const noexcept {
    return group_.settings().signal_handlers && preemption_signal::refused_because().empty() &&
           process.preemption.value_or(group_.preemption()) == Preemption::signal;
}

void Scheduler::send_signal(const RunningSlice& slice, bool wants_stack) noexcept {
    if (wants_stack && stack_state_.load(std::memory_order_acquire) == StackState::idle)
        stack_state_.store(StackState::wanted, std::memory_order_release);
    signalled_slice_.store(slice.number, std::memory_order_relaxed);
    preemption_signal::send(thread_);
}

RawStack Scheduler::stuck_stack() {
    RawStack stack;
    if (stack_state_.load(std::memory_order_acquire) == StackState::taken) {
        stack = stuck_stack_.raw();
        stack_state_.store(StackState::idle, std::memory_order_release);
    }
    return stack;
}

// -- in the signal handler: nothing here may allocate or lock ----

bool Scheduler::may_interrupt(const InterruptedCode& code) noexcept {
    Schedulable* process = active_.load(std::memory_order_relaxed);
    if (process == nullptr || signalled_slice_.load(std::memory_order_relaxed) != switches_.get())
        return false; // late: the slice that it was meant for is over
    const PooledFiber& fiber = *process->fiber.load(std::memory_order_relaxed);
    const std::uintptr_t lowest = fiber.stack().low() + preemption_signal::stack_reserve();
    const bool is_wished = may_signal(*process);
    const bool can_be = is_wished && code_depth.is_user_code() && !code_depth.is_pinned() &&
                        preemption_signal::may_be_interrupted(code.pc) && code.sp > lowest && code.sp < fiber.stack().high();
    if (can_be) {
        interrupted_pc_ = code.pc;
        return true;
    }
    if (is_wished) { // else it was only to tell its stack
        signal_refusals_.add();
        process->refusals.add();
    }
    keep_stack(code);
    return false;
}

void Scheduler::keep_stack(const InterruptedCode& code) noexcept {
    if (stack_state_.load(std::memory_order_acquire) != StackState::wanted)
        return;
    sample(code, *active_.load(std::memory_order_relaxed)->fiber.load(std::memory_order_relaxed), stuck_stack_);
    stack_state_.store(StackState::taken, std::memory_order_release);
}

// -- in the injected call ----

void Scheduler::interrupted() noexcept {
    active_.load(std::memory_order_relaxed)->interrupted(*this);
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
    busy_fibers_.fetch_sub(1, std::memory_order_relaxed);
    choose(&process);
}

/// Takes back what a fiber held that is not resumed any more. Its context and its closure lie on its stack and are not destroyed;
/// of those nothing is elsewhere but the PooledFiber.
void Scheduler::bury() noexcept {
    PooledFiber* lost = std::exchange(lost_fiber_, nullptr);
    if (lost_foreign_ != nullptr)
        std::exchange(lost_foreign_, nullptr)->detach();
    if (lost->zone() != Zone::closed)
        close_zone(*lost);
    fault_stack_.clear();
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
    Schedulable& process = *active_.load(std::memory_order_relaxed);
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
    const PooledFiber& own = *active_.load(std::memory_order_relaxed)->fiber.load(std::memory_order_relaxed);
    // launch::post comes here on the stack of the process, launch::dispatch on that of the new fiber; it does not run in either
    lost_foreign_ = active == own.context() ? context : active;
    end_before_foreign_change();
}

} // namespace fiberscope::detail
