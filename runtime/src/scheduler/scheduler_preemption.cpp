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
    ThreadState::drop_exceptions();
    end_slice(process);
    lost_fiber_ = process.fiber.exchange(nullptr, std::memory_order_relaxed);
    choose(&process);
    lost_fiber_->context()->suspend();
    __builtin_unreachable();
}

/// Takes back what an abandoned fiber held. Its context and its closure lie on its stack and are not destroyed; of
/// those nothing is elsewhere but the PooledFiber.
void Scheduler::bury() noexcept {
    PooledFiber* lost = std::exchange(lost_fiber_, nullptr);
    lost->context()->detach();
    if (lost->zone() != Zone::closed)
        close_zone(*lost);
    fault_stack_.clear();
    group_.stacks().release(lost->stack());
    busy_fibers_.set(busy_fibers_.get() - 1);
    delete lost;
}

} // namespace fiberscope::detail
