// SPDX-License-Identifier: BSL-1.0
/// How a process is stopped that does not stop by itself: in the middle of its code, without unwinding.
#include "process/abandon.hpp"

#include "base/code_depth.hpp"
#include "base/standard_error.hpp"
#include "process/plain_code.hpp"
#include "process/process_system.hpp"
#include "process/throw_trace.hpp"
#include "scheduler/program_exit.hpp"
#include "scheduler/scheduler.hpp"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <string>

#include <unistd.h>

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

/// The exit of an attached thread that nobody caught: the library's own handler would say only its type.
void say_uncaught_exit() noexcept {
    if (const std::exception_ptr exception = std::current_exception())
        try {
            std::rethrow_exception(exception);
        } catch (const ProcessExit& exit) {
            const std::string line = "terminate called: uncaught ProcessExit: " + to_string(exit.reason) + "\n";
            write_all(STDERR_FILENO, line);
        } catch (...) { // NOLINT(bugprone-empty-catch): the handler that was there before tells of it
        }
}

/// `std::terminate` in the code of a process (a throw through `noexcept`, a destructor that throws) is the end of that
/// process; anywhere else it is the end of the program. Nothing that owns memory may live here when the process is
/// abandoned: nobody comes back to destroy it.
[[noreturn]] void on_terminate() {
    Process* process = current_process();
    if (Scheduler::current() != nullptr && process != nullptr && code_depth.is_user_code() && !program_exit::is_forked_child()) {
        const RuntimeCall in_runtime;
        ControlBlock& block = ProcessAccess::block(*process);
        block.abandon_if_overflowed(); // a library that was to throw, and could not any more
        block.take_stack_of_exception();
        if (block.pending_exit()) // its exit met a noexcept on its way
            block.abandon(*block.pending_exit());
        block.set_crashed();
        block.abandon(reason_of_terminate());
    }
    say_uncaught_exit();
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
    abandon_if_overflowed();
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
        scheduler_->request_preemption(); // its next safe point is its end
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
    for (const Signal* chain : {static_cast<const Signal*>(unhandled_), static_cast<const Signal*>(local_head_),
                                static_cast<const Signal*>(signals_.load(std::memory_order_acquire))})
        for (; chain != nullptr && chain != closed_queue(); chain = chain->next)
            if (is_kill(*chain))
                return true;
    return false;
}

// -- where it cannot go on ----

namespace {

/// `{fault,'SIGSEGV',Address}`.
ExitReason reason_of_fault(const ForcedEnd& end) {
    const char* name = ::sigabbrev_np(end.signal);
    return Term::tuple({Term::atom("fault"), Term::atom(std::string{"SIG"} + (name != nullptr ? name : "?")),
                        Term::integer(static_cast<std::int64_t>(end.address))});
}

ExitReason reason_of_overflow() {
    return Term::atom("stack_overflow");
}

ExitReason reason_of_foreign_switch() {
    return ExitReason::error(
        Term::string("Boost.Fiber's own calls (yield, sleep, a wait, a fiber, another algorithm) cannot be used "
                     "in a process: use self.yield(), self.sleep(), self.receive(), self.spawn()"));
}

/// Made beforehand: when it is needed memory is short.
const ExitReason no_stack = Term::atom("system_limit");

} // namespace

void ControlBlock::end_in_foreign_switch(bool is_on_its_stack) noexcept {
    if (!is_on_its_stack && end_stack_ == nullptr)
        set_end_stack({});
    if (pending_exit_)
        return give_up(*pending_exit_);
    set_crashed();
    give_up(reason_of_foreign_switch());
}

/// One that has ended already needs a stack only for what is left of its end.
void ControlBlock::end_without_stack() noexcept {
    if (!pending_exit_ && !is_abandoned_)
        pending_exit_ = no_stack;
}

/// A hardware fault in its own code, or its stack is used up.
void ControlBlock::end_by_force(Scheduler& scheduler, const ForcedEnd& end) noexcept {
    (end.signal == 0 ? system_.overflows : system_.faults).fetch_add(1, std::memory_order_relaxed);
    take_stack_of_fault(scheduler);
    if (end.signal == 0)
        shown.stack_used_bytes.set(static_cast<std::uint32_t>(fiber.load(std::memory_order_relaxed)->stack().bytes));
    if (pending_exit_)
        abandon(*pending_exit_); // it was on its way out
    set_crashed();
    abandon(end.signal == 0 ? reason_of_overflow() : reason_of_fault(end));
}

/// At a place where it may be given up: the runtime is in the middle of nothing.
void ControlBlock::abandon_if_overflowed() noexcept {
    if (scheduler_->has_overflowed(*this)) [[unlikely]]
        end_by_force(*scheduler_, {});
}

/// It has come back from where its stack was used up, so its frames are gone in good order; it ends even so, as it would
/// have a moment earlier.
Turn ControlBlock::end_for_overflow() {
    system_.overflows.fetch_add(1, std::memory_order_relaxed);
    take_stack_of_fault(*scheduler_);
    if (!pending_exit_) {
        set_crashed();
        set_end_reason(reason_of_overflow());
    }
    return Turn::ended;
}

void ControlBlock::take_stack_of_fault(const Scheduler& scheduler) noexcept {
    if (scheduler.fault_stack().empty())
        keep_stack_here();
    else
        set_end_stack(scheduler.fault_stack().raw());
}

void ControlBlock::take_stack_of_exception() {
    if (auto stack = stack_of_current_exception())
        set_end_stack(std::move(*stack));
}

void ControlBlock::keep_stack_here() noexcept {
    StackSample sample;
    const StackSpan span = fiber.load(std::memory_order_relaxed)->frames();
    if (scheduler_->may_unwind())
        unwind_frames(span, sample);
    else
        walk_frames(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)), span, sample);
    set_end_stack(sample.raw());
}

// -- the end that is due ----

/// What it may use is measured in the processor's time, so that one whose thread was kept waiting is not given up for that.
void ControlBlock::give_time_to_end(Duration time) noexcept {
    is_wanted.store(true, std::memory_order_relaxed);
    if (is_external())
        return;
    time_to_end_ns_ = time.count();
    ends_since_ns_ = not_measured; // a system call: only once somebody has to urge it
    scheduler_->request_preemption();
}

void ControlBlock::give_time_to_unwind() noexcept {
    give_time_to_end(std::chrono::milliseconds{100});
}

/// An exit signal ends it at its next safe point; if none comes within a slice it is a runaway.
void ControlBlock::end_by_signal(ExitReason reason) {
    pending_exit_ = std::move(reason);
    if (unwinds())
        give_time_to_unwind(); // it ends already, for a reason of its own
    else
        give_time_to_end(system_.config().slice);
}

/// Once its end is announced nobody can reach it any more: it is treated as one that was killed.
bool ControlBlock::unwinds() const noexcept {
    return std::uncaught_exceptions() > 0 || (is_finishing_ && (pending_exit_ || end_is_announced_));
}

void ControlBlock::throw_if_ended() {
    if (!pending_exit_ || unwinds())
        return;
    if (!std::exchange(is_unwinding_, true))
        give_time_to_unwind();
    else if (!is_external())
        scheduler_->request_preemption(); // it has swallowed the one before: it meets this at every call
    throw ProcessExit{*pending_exit_};
}

/// It has no slices, but may have been ended.
void ControlBlock::external_safe_point() {
    handle_signals();
    throw_if_ended();
}

void ControlBlock::abandon_if_time_is_up() noexcept {
    if (!pending_exit_)
        return;
    const std::int64_t now_ns = thread_time_ns();
    const std::int64_t since_ns = std::exchange(ends_since_ns_, now_ns);
    if (since_ns == not_measured) // for as long as this slice has lasted it had the thread for itself, or less
        time_to_end_ns_ -= std::min(clock_ns() - scheduler_->slice_began(), time_to_end_ns_ - 1);
    else
        time_to_end_ns_ -= now_ns - since_ns;
    if (time_to_end_ns_ <= 0)
        abandon(*pending_exit_);
}

void ControlBlock::abandon(ExitReason reason) noexcept {
    give_up(std::move(reason));
    scheduler_->abandon(*this);
}

void ControlBlock::give_up(ExitReason reason) noexcept {
    set_end_reason(std::move(reason));
    if (end_stack_ == nullptr)
        keep_stack_here();
    is_abandoned_ = true;
}

/// Gives back what its frames held of the runtime's: they are gone without having destroyed it.
void ControlBlock::forget_all() noexcept {
    if (code_ != nullptr)
        code_->forget();
    while (held_ != nullptr) {
        MessageSignal* message = std::exchange(held_, static_cast<MessageSignal*>(held_->next));
        message->forget();
    }
    is_handling_ = is_matching_ = is_computing_ = false;
    if (rare_ != nullptr)
        for (static_guard::Word* guard : std::exchange(rare_->initialising, {}))
            static_guard::give_back(*guard);
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
