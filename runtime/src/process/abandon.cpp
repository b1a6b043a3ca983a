// SPDX-License-Identifier: BSL-1.0
/// How a process is stopped that does not stop by itself: in the middle of its code, without unwinding.
#include "process/abandon.hpp"

#include "base/code_depth.hpp"
#include "process/plain_code.hpp"
#include "process/process_system.hpp"
#include "scheduler/scheduler.hpp"

#include <cstdlib>
#include <exception>
#include <mutex>

namespace fiberscope::detail {

namespace {

std::terminate_handler previous_handler = nullptr;

/// `{terminate,What}`: the text of the exception that could not be thrown, or what else it was.
ExitReason reason_of_terminate() {
    Term what = Term::atom("no_exception");
    if (const std::exception_ptr exception = std::current_exception()) {
        try {
            std::rethrow_exception(exception);
        } catch (...) {
            what = reason_of_current_exception().term();
        }
    }
    return Term::tuple({Term::atom("terminate"), std::move(what)});
}

/// `std::terminate` in the code of a process (a throw through `noexcept`, a destructor that throws) is the end of that
/// process; anywhere else it is the end of the program. Nothing that owns memory may live here when the process is
/// abandoned: nobody comes back to destroy it.
[[noreturn]] void on_terminate() {
    Process* process = current_process();
    if (Scheduler::current() != nullptr && process != nullptr && code_depth.is_user_code()) {
        const RuntimeCall in_runtime;
        ControlBlock& block = ProcessAccess::block(*process);
        if (block.pending_exit()) // its exit met a noexcept on its way
            block.abandon(*block.pending_exit());
        block.set_crashed();
        block.abandon(reason_of_terminate());
    }
    if (previous_handler != nullptr)
        previous_handler();
    std::abort();
}

} // namespace

void install_terminate_handler() {
    static std::once_flag once;
    std::call_once(once, [] { previous_handler = std::set_terminate(&on_terminate); });
}

// -- in the middle of its code ----

/// On its own stack, between two instructions of its own code.
void ControlBlock::interrupted(Scheduler& scheduler) noexcept {
    const Marked computing{is_computing_};
    shown.call_site.set(scheduler.interrupted_pc() + 1); // as a return address, which names the call before it
    look_at_signals();
    abandon_if_time_is_up();
    note_stack_depth();
    if (scheduler.someone_waits()) {
        scheduler.yield(*this, SliceOver::signal);
        look_at_signals();
    } else
        scheduler.renew_slice(*this);
    while (is_suspended() && !pending_exit_ && !is_handling_) {
        park(never_ns);
        look_at_signals();
    }
    if (pending_exit_)
        scheduler.request_preemption(); // its next safe point is its end
}

/// A formatter that prints a message for an observer runs while signals are being handled: then only `kill` is looked for.
void ControlBlock::look_at_signals() noexcept {
    if (!is_handling_)
        handle_signals();
    else if (!pending_exit_ && is_kill_waiting())
        end_by_signal(ExitReason::killed());
}

bool ControlBlock::is_kill_waiting() const noexcept {
    const auto is_kill = [this](const Signal& signal) {
        return signal.kind == SignalKind::exit && signal.target_serial == pid().serial() &&
               static_cast<const Exit*>(static_cast<const MessageSignal&>(signal).value)->reason.term().is_atom("kill");
    };
    for (const Signal* chain : {unhandled_, signals_.load(std::memory_order_acquire)})
        for (; chain != nullptr && chain != closed_queue(); chain = chain->next)
            if (is_kill(*chain))
                return true;
    return false;
}

// -- the end that is due ----

/// What it may use is measured in the processor's time, so that one whose thread was kept waiting is not given up for that.
void ControlBlock::give_time_to_end(Duration time) noexcept {
    is_wanted.store(true, std::memory_order_relaxed);
    if (is_external())
        return;
    time_to_end_ns_ = time.count();
    ends_since_ns_ = thread_time_ns();
    scheduler_->request_preemption();
}

void ControlBlock::give_time_to_unwind() noexcept {
    give_time_to_end(std::chrono::milliseconds{100});
}

/// An exit signal ends it at its next safe point; if none comes within a slice it is a runaway.
void ControlBlock::end_by_signal(ExitReason reason) {
    pending_exit_ = std::move(reason);
    if (std::uncaught_exceptions() > 0)
        give_time_to_unwind(); // it ends already, for a reason of its own
    else
        give_time_to_end(system_.config().slice);
}

void ControlBlock::throw_if_ended() {
    if (!pending_exit_ || std::uncaught_exceptions() > 0)
        return;
    if (!std::exchange(is_unwinding_, true))
        give_time_to_unwind();
    else if (!is_external())
        scheduler_->request_preemption(); // it has swallowed the one before: it meets this at every call
    throw ProcessExit{*pending_exit_};
}

void ControlBlock::abandon_if_time_is_up() noexcept {
    if (!pending_exit_)
        return;
    const std::int64_t now_ns = thread_time_ns();
    time_to_end_ns_ -= now_ns - std::exchange(ends_since_ns_, now_ns);
    if (time_to_end_ns_ <= 0)
        abandon(*pending_exit_);
}

void ControlBlock::abandon(ExitReason reason) noexcept {
    set_end_reason(std::move(reason));
    is_abandoned_ = true;
    scheduler_->abandon(*this);
}

/// Gives back what its frames held of the runtime's: they are gone without having destroyed it.
void ControlBlock::forget_all() noexcept {
    if (code_ != nullptr)
        code_->forget();
    while (held_ != nullptr) {
        MessageSignal* message = std::exchange(held_, static_cast<MessageSignal*>(held_->next));
        message->forget();
    }
    is_handling_ = is_computing_ = false;
    if (handled_ != nullptr)
        push(*handled_.release()); // to be answered as by the dead
    while (unhandled_ != nullptr) {
        Signal* signal = std::exchange(unhandled_, unhandled_->next);
        push(*signal);
    }
}

// -- messages in hand ----

void ControlBlock::hold(MessageSignal& message) noexcept {
    message.next = held_;
    held_ = &message;
}

void let_go(Process& holder, MessageSignal& message) noexcept {
    ProcessAccess::block(holder).let_go(message);
}

void ControlBlock::let_go(MessageSignal& message) noexcept {
    held_ = static_cast<MessageSignal*>(message.next);
}

} // namespace fiberscope::detail
