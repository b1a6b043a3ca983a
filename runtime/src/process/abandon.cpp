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
            standard_error::say("terminate called: uncaught ProcessExit: " + to_string(exit.reason) + "\n");
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
        Life& life = ProcessAccess::life(*process);
        life.abandon_if_overflowed(); // a library that was to throw, and could not any more
        life.take_stack_of_exception();
        if (life.ending.order()) // its exit met a noexcept on its way
            life.abandon(*life.ending.order());
        life.ending.set_crashed();
        life.abandon(reason_of_terminate());
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
void Life::interrupted(Scheduler& scheduler) noexcept {
    const Marked computing{is_computing_};
    block_.shown.call_site.set(scheduler.slice().interrupted_pc() + 1); // as a return address, which names the call before it
    abandon_if_overflowed();
    look_at_signals();
    abandon_if_time_is_up();
    note_stack_depth();
    if (scheduler.someone_waits()) {
        scheduler.yield(block_, SliceOver::signal);
        look_at_signals();
    } else
        scheduler.renew_slice(block_);
    while (is_held()) {
        park(never_ns);
        look_at_signals();
    }
    if (ending.order())
        block_.scheduler()->slice().request_preemption(); // its next safe point is its end
}

/// A formatter that prints a message for an observer runs while signals are being handled: then only `kill` is looked for.
void Life::look_at_signals() noexcept {
    if (!intake.is_handling())
        handle_signals();
    else if (!ending.order() && is_kill_waiting())
        end_by_signal(ExitReason::killed());
}

bool Life::is_kill_waiting() const noexcept {
    const auto is_kill = [serial = block_.serial()](const Signal& signal) {
        return signal.kind == SignalKind::exit && signal.target_serial == serial &&
               static_cast<const Exit*>(static_cast<const MessageSignal&>(signal).value)->reason.term().is_atom("kill");
    };
    return intake.has_any_unhandled(is_kill) || block_.signal_queue.has_any(is_kill);
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

void Life::end_in_foreign_switch(bool is_on_its_stack) noexcept {
    if (!is_on_its_stack && ending.stack() == nullptr)
        ending.set_stack({});
    if (ending.order())
        return give_up(*ending.order());
    ending.set_crashed();
    give_up(reason_of_foreign_switch());
}

/// One that has ended already needs a stack only for what is left of its end.
void Life::end_without_stack() noexcept {
    if (!ending.order() && !ending.is_abandoned())
        ending.set_order(no_stack);
}

/// A hardware fault in its own code, or its stack is used up.
void Life::end_by_force(Scheduler& scheduler, const ForcedEnd& end) noexcept {
    (end.signal == 0 ? system().overflows : system().faults).fetch_add(1, std::memory_order_relaxed);
    take_stack_of_fault(scheduler);
    if (end.signal == 0)
        block_.shown.stack_used_bytes.set(
            static_cast<std::uint32_t>(block_.fiber.load(std::memory_order_relaxed)->stack().bytes));
    if (ending.order())
        abandon(*ending.order()); // it was on its way out
    ending.set_crashed();
    abandon(end.signal == 0 ? reason_of_overflow() : reason_of_fault(end));
}

/// At a place where it may be given up: the runtime is in the middle of nothing.
void Life::abandon_if_overflowed() noexcept {
    if (block_.scheduler()->has_overflowed(block_)) [[unlikely]]
        end_by_force(*block_.scheduler(), {});
}

/// It has come back from where its stack was used up, so its frames are gone in good order; it ends even so, as it would
/// have a moment earlier.
Turn Life::end_for_overflow() {
    system().overflows.fetch_add(1, std::memory_order_relaxed);
    take_stack_of_fault(*block_.scheduler());
    if (!ending.order()) {
        ending.set_crashed();
        ending.set_reason(reason_of_overflow());
    }
    return Turn::ended;
}

void Life::take_stack_of_fault(Scheduler& scheduler) noexcept {
    if (scheduler.faults().stack().empty())
        keep_stack_here();
    else
        ending.set_stack(scheduler.faults().stack().raw());
}

void Life::take_stack_of_exception() {
    if (auto stack = stack_of_current_exception())
        ending.set_stack(std::move(*stack));
}

void Life::keep_stack_here() noexcept {
    StackSample sample;
    const StackSpan span = block_.fiber.load(std::memory_order_relaxed)->frames();
    if (block_.scheduler()->may_unwind())
        unwind_frames(span, sample);
    else
        walk_frames(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)), span, sample);
    ending.set_stack(sample.raw());
}

// -- the end that is due ----

void Life::give_time_to_end(Duration time) noexcept {
    block_.is_wanted.store(true, std::memory_order_relaxed);
    if (block_.is_external())
        return;
    ending.give_time(time.count());
    block_.scheduler()->slice().request_preemption();
}

void Life::give_time_to_unwind() noexcept {
    give_time_to_end(std::chrono::milliseconds{100});
}

/// An exit signal ends it at its next safe point; if none comes within a slice it is a runaway.
void Life::end_by_signal(ExitReason reason) {
    ending.set_order(std::move(reason));
    if (unwinds())
        give_time_to_unwind(); // it ends already, for a reason of its own
    else
        give_time_to_end(system().config().slice);
}

void Life::throw_if_ended() {
    if (!ending.order() || unwinds())
        return;
    if (ending.begin_unwinding())
        give_time_to_unwind();
    else if (!block_.is_external())
        block_.scheduler()->slice().request_preemption(); // it has swallowed the one before: it meets this at every call
    throw ProcessExit{*ending.order()};
}

void Life::abandon_if_time_is_up() noexcept {
    if (ending.order() && ending.is_time_up(block_.scheduler()->slice().began_ns()))
        abandon(*ending.order());
}

void Life::abandon(ExitReason reason) noexcept {
    give_up(std::move(reason));
    block_.scheduler()->abandon(block_);
}

void Life::give_up(ExitReason reason) noexcept {
    ending.set_reason(std::move(reason));
    if (ending.stack() == nullptr)
        keep_stack_here();
    ending.set_abandoned();
}

/// Gives back what its frames held of the runtime's: they are gone without having destroyed it.
void Life::forget_all() noexcept {
    if (code != nullptr)
        code->forget();
    intake.forget(block_.signal_queue);
    is_computing_ = false;
    if (rare_ != nullptr)
        for (static_guard::Word* guard : std::exchange(rare_->initialising, {}))
            static_guard::give_back(*guard);
}

void let_go(Process& holder, MessageSignal& message) noexcept {
    ProcessAccess::life(holder).intake.let_go(message);
}

} // namespace fiberscope::detail
