// SPDX-License-Identifier: BSL-1.0
#include "scheduler/fault_signal.hpp"

#include "base/code_depth.hpp"
#include "scheduler/program_code.hpp"
#include "scheduler/program_exit.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/signal_handlers.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <utility>

#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

extern "C" {
void fiberscope_return_to_end();
[[noreturn, gnu::visibility("hidden")]] void fiberscope_end_by_force() noexcept;
}

namespace fiberscope::detail {

namespace {

constexpr std::array fault_signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
constexpr greg_t trap_flag = 0x100;
constexpr greg_t direction_flag = 0x400;

std::array<BorrowedSignal, fault_signals.size()> borrowed;
/// Where to go on if a fault happens now; nullptr: nowhere. Set while a handler reads a stack that may be in disorder.
[[gnu::tls_model("initial-exec")]] constinit thread_local sigjmp_buf* probing = nullptr;
fault_signal::CrashReporter report_crash = nullptr;

BorrowedSignal& borrowed_of(int signal) noexcept {
    std::size_t index = 0;
    while (fault_signals[index] != signal)
        ++index;
    return borrowed[index];
}

Fault fault_of(int signal, const siginfo_t& info, const ucontext_t& context) noexcept {
    constexpr std::uintptr_t page_fault = 14;
    constexpr std::uintptr_t instruction_fetch = 16;
    const auto& registers = context.uc_mcontext.gregs;
    const auto word = [&registers](int name) { return static_cast<std::uintptr_t>(registers[name]); };
    const bool is_fetch = word(REG_TRAPNO) == page_fault && (word(REG_ERR) & instruction_fetch) != 0;
    const InterruptedCode code{word(REG_RIP), word(REG_RSP), word(REG_RBP)};
    if (info.si_code <= 0)
        return {signal, 0, false, code, true, info.si_pid};
    return {signal, reinterpret_cast<std::uintptr_t>(info.si_addr), is_fetch, code};
}

/// Hands the fault to who was there before. By default that is the end of the program, when the instruction is tried again.
void pass_on(int signal, siginfo_t* info, void* context) noexcept {
    const BorrowedSignal& before = borrowed_of(signal);
    if (before.had_handler())
        return before.pass_on(signal, info, context);
    ::sigaction(signal, &before.previous(), nullptr);
    if (info->si_code <= 0) // sent by somebody, so it does not come again by itself
        ::syscall(SYS_tgkill, ::getpid(), ::gettid(), signal);
}

/// The first thread to come here writes the report; others wait for the end that follows.
void crash(const Fault& fault, Scheduler* scheduler) noexcept {
    static std::atomic<pid_t> first{0};
    pid_t nobody = 0;
    if (!first.compare_exchange_strong(nobody, ::gettid())) {
        while (nobody != ::gettid())
            ::pause();
        return; // the report itself has failed
    }
    Crash facts{fault, 0, nullptr, false, {}};
    if (scheduler != nullptr)
        scheduler->describe(facts);
    else
        facts.stack.add(fault.code.pc + 1); // a stack of which nothing is known
    if (report_crash != nullptr)
        report_crash(facts);
}

FaultAnswer answer_to(const Fault& fault, const siginfo_t& info, Scheduler* scheduler) noexcept {
    if (scheduler == nullptr || fault.is_sent || program_exit::is_forked_child())
        return FaultAnswer::crash;
    if (fault.signal == SIGTRAP)
        return info.si_code == TRAP_TRACE ? scheduler->faults().take_step(fault.code) : FaultAnswer::crash;
    return scheduler->faults().take_fault(fault);
}

/// Sets or clears the processor's flag for a trap after each instruction.
void set_stepping(ucontext_t& context, bool step) noexcept {
    greg_t& flags = context.uc_mcontext.gregs[REG_EFL];
    flags = step ? flags | trap_flag : flags & ~trap_flag;
}

void handle(int signal, siginfo_t* info, void* context) {
    if (probing != nullptr)
        ::siglongjmp(*std::exchange(probing, nullptr), 1);
    const int error = errno;
    Scheduler* scheduler = Scheduler::current();
    const BorrowedSignal& before = borrowed_of(signal);
    if (scheduler == nullptr && before.had_handler())
        return before.pass_on(signal, info, context);
    if (signal == SIGABRT && !before.had_handler() && before.previous().sa_handler == SIG_IGN)
        return; // std::abort insists, without a handler
    const Fault fault = fault_of(signal, *info, *static_cast<const ucontext_t*>(context));
    auto& interrupted = *static_cast<ucontext_t*>(context);
    const FaultAnswer answer = answer_to(fault, *info, scheduler);
    set_stepping(interrupted, answer == FaultAnswer::step);
    switch (answer) {
    case FaultAnswer::go_on:
    case FaultAnswer::step: break;
    case FaultAnswer::end_process: fault_signal::end_process(context, *scheduler, fault.code); break;
    case FaultAnswer::crash:
        crash(fault, scheduler);
        pass_on(signal, info, context);
        break;
    }
    errno = error;
}

/// The walk of `look_through`.
struct Walk {
    const InterruptedCode& code;
    StackSpan span;
    StackSample& sample;
    Interruption found;
    bool is_past_libraries = false;

    void step(_Unwind_Context* context) noexcept {
        const std::uintptr_t address = _Unwind_GetIP(context);
        if (!found.is_seen) {
            if (address != code.pc)
                return; // the handler's own frames
            found.is_seen = found.is_lockless = true;
            sample.add(address + 1); // the others are return addresses: all are looked up one byte lower
        } else
            sample.add(address);
        if (is_past_libraries)
            return;
        if (program_code::is_own(address)) {
            is_past_libraries = true;
            find_return(_Unwind_GetCFA(context) - sizeof(std::uintptr_t), address);
        } else
            found.is_lockless = found.is_lockless && program_code::may_be_left(address);
    }
    void find_return(std::uintptr_t place, std::uintptr_t address) noexcept {
        if (place >= span.low && place < span.high && *reinterpret_cast<std::uintptr_t*>(place) == address)
            found.return_place = reinterpret_cast<std::uintptr_t*>(place);
    }
};

_Unwind_Reason_Code walk_one(_Unwind_Context* context, void* data) {
    auto& walk = *static_cast<Walk*>(data);
    if (walk.found.is_seen && (_Unwind_GetIP(context) == 0 || _Unwind_GetCFA(context) >= walk.span.high))
        return _URC_END_OF_STACK;
    walk.step(context);
    if (walk.sample.seen() < StackSample::innermost)
        return _URC_NO_REASON;
    walk_frames(_Unwind_GetGR(context, dwarf_frame_pointer), walk.span, walk.sample);
    return _URC_END_OF_STACK;
}

} // namespace

void fault_signal::install(CrashReporter reporter) {
    preemption_signal::refused_because(); // what it finds of the program's code is needed here, too
    report_crash = reporter;
    for (const int signal : fault_signals) {
        struct sigaction action {};
        action.sa_sigaction = &handle;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER; // `probing`
        ::sigemptyset(&action.sa_mask);
        ::sigaddset(&action.sa_mask, SIGURG); // what it finds holds until it returns
        borrowed_of(signal).take(signal, action);
    }
}

void fault_signal::remove() noexcept {
    for (const int signal : fault_signals)
        borrowed_of(signal).give_back(signal);
}

void fault_signal::end_process(void* context, Scheduler& scheduler, const InterruptedCode& code) noexcept {
    constexpr std::uintptr_t alignment = 16;
    const std::uintptr_t sp = scheduler.faults().place_to_end(code.free_below());
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    registers[REG_RSP] = static_cast<greg_t>(sp / alignment * alignment - sizeof(std::uintptr_t)); // as after a call
    registers[REG_RIP] = reinterpret_cast<greg_t>(&fiberscope_end_by_force);
    registers[REG_RBP] = 0; // the chain of frames ends there
    registers[REG_EFL] &= ~(direction_flag | trap_flag);
}

Interruption fault_signal::look_through(const InterruptedCode& code, StackSpan span, StackSample& sample) noexcept {
    Walk walk{code, span, sample, {}};
    sigjmp_buf way_back;
    if (!program_code::is_unwinder_safe() || sigsetjmp(way_back, 1) != 0)
        return {}; // it has read where nothing is
    probing = &way_back;
    _Unwind_Backtrace(&walk_one, &walk);
    probing = nullptr;
    return walk.found;
}

void fault_signal::end_at_return(const Interruption& interruption) noexcept {
    const bool may_replace = preemption_signal::refused_because().empty(); // a shadow stack would tell
    if (interruption.return_place != nullptr && may_replace)
        *interruption.return_place = reinterpret_cast<std::uintptr_t>(&fiberscope_return_to_end);
}

// -- the timer ----

UrgingTimer::UrgingTimer(Scheduler& scheduler) noexcept {
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGURG;
    event.sigev_value.sival_ptr = &scheduler;
    event._sigev_un._tid = ::gettid();
    is_made_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
}

UrgingTimer::~UrgingTimer() {
    if (is_made_)
        ::timer_delete(timer_);
}

void UrgingTimer::set(long every_ns) noexcept {
    itimerspec times{};
    times.it_value.tv_nsec = times.it_interval.tv_nsec = every_ns;
    if (is_made_)
        ::timer_settime(timer_, 0, &times, nullptr);
}

} // namespace fiberscope::detail

/// Arrives on the stack of the process that is to end, in place of its code.
void fiberscope_end_by_force() noexcept {
    fiberscope::detail::RuntimeCall in_runtime;
    fiberscope::detail::Scheduler::current()->end_by_force();
}
