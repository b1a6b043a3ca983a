// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "scheduler/preemption_signal.hpp"
#include "scheduler/stack_sample.hpp"

#include <cstdint>

#include <ctime>
#include <sys/types.h>

namespace fiberscope::detail {

class Schedulable;
class Scheduler;

/// A hardware fault: SIGSEGV, SIGBUS, SIGFPE or SIGILL; or SIGABRT, by which a program ends itself.
struct Fault {
    int signal;
    std::uintptr_t address; ///< what it was about, as the kernel says
    bool is_fetch;          ///< that is where the next instruction was to be: a call of what is no code
    InterruptedCode code;
    bool is_sent = false; ///< no fault: somebody sent the signal
    pid_t sender = 0;
};

/// What is done about a fault.
enum class FaultAnswer : std::uint8_t {
    go_on,       ///< the instruction is tried again: its stack may grow now
    step,        ///< the same, and each of the following is looked at
    end_process, ///< `Scheduler::end_by_force` takes the place of the code
    crash,       ///< nobody can be ended for it but the program
};

/// What is known of a fault that ends the program.
struct Crash {
    Fault fault;
    std::uint32_t scheduler = 0;          ///< 0: another thread
    const Schedulable* process = nullptr; ///< that ran there
    bool was_process_code = false;        ///< else the runtime's, or a library's that a process had called
    StackSample stack;
};

/// What lies between interrupted code and the program's own code that called it.
struct Interruption {
    bool is_seen = false;                   ///< the walk came by the interrupted instruction at all
    bool is_lockless = false;               ///< no library there may hold a lock
    std::uintptr_t* return_place = nullptr; ///< of the return address into the program; nullptr: not found
};

/// Faults on scheduler threads: the end of the process whose code it was, where that can be; else of the program.
/// **Source:** how Go turns faults into panics (`runtime.sigpanic`): the handler replaces the interrupted code and returns.
namespace fault_signal {

/// Writes a report; runs in the signal handler, on a thread that may hold any lock.
using CrashReporter = void (*)(const Crash& crash) noexcept;

/// Installs the handlers; what is not for us goes on to those that were there before. **Thread:** for SignalHandlers.
void install(CrashReporter reporter);
/// Puts those back that were there before. **Thread:** for SignalHandlers.
void remove() noexcept;
/// Makes `context` (a ucontext_t), which has interrupted `code` of a process of `scheduler`, go on in
/// `Scheduler::end_by_force` instead. Async-signal-safe.
void end_process(void* context, Scheduler& scheduler, const InterruptedCode& code) noexcept;
/// Follows the stack from `code` by the unwinder, and adds it to `sample`. A stack that is not in order ends the walk
/// early. Only in a signal handler.
Interruption look_through(const InterruptedCode& code, StackSpan span, StackSample& sample) noexcept;
/// Makes the call that `interruption` found return to `Scheduler::end_by_force`. Only in a signal handler.
void end_at_return(const Interruption& interruption) noexcept;

} // namespace fault_signal

/// While it is armed the preemption signal comes to the thread that made it, every now and then.
/// **Thread:** the one that made it; async-signal-safe once made.
class UrgingTimer {
public:
    /// `scheduler`: what the signal carries, so that its handler knows it.
    explicit UrgingTimer(Scheduler& scheduler) noexcept;
    ~UrgingTimer();
    UrgingTimer(const UrgingTimer&) = delete;
    UrgingTimer& operator=(const UrgingTimer&) = delete;

    void arm() noexcept { set(period_ns); }
    void disarm() noexcept { set(0); }

private:
    static constexpr long period_ns = 50'000;
    void set(long every_ns) noexcept;

    timer_t timer_{};
    bool is_made_ = false; ///< the system may have no more timers: then safe points alone see the end
};

} // namespace fiberscope::detail
