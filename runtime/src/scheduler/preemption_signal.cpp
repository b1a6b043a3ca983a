// SPDX-License-Identifier: BSL-1.0
#include "scheduler/preemption_signal.hpp"

#include "base/code_depth.hpp"
#include "base/sanitizer.hpp"
#include "scheduler/program_code.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/signal_handlers.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <new>
#include <string_view>
#include <system_error>

#include <asm/prctl.h>
#include <cpuid.h>
#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

extern "C" {
[[gnu::visibility("hidden")]] std::size_t fiberscope_xsave_bytes = 0;
void fiberscope_injected_call();
void fiberscope_injected_call_end();
[[gnu::visibility("hidden")]] void fiberscope_injected_yield() noexcept;
}

namespace fiberscope::detail {

namespace {

constexpr int signal_number = SIGURG; // ignored by default, hardly used: what Go chose, too

BorrowedSignal borrowed;

template <class Function>
bool lies_in_own_code(Function* function) noexcept {
    return program_code::is_own(reinterpret_cast<std::uintptr_t>(function));
}

/// The processor compares return addresses with a stack of its own, and would not let an injected call return.
bool has_shadow_stack() noexcept {
    constexpr int arch_shstk_status = 0x5005;
    unsigned long features = 0;
    return ::syscall(SYS_arch_prctl, arch_shstk_status, &features) == 0 && (features & 1U) != 0;
}

std::string find_obstacle() {
    if (has_thread_sanitizer())
        return "ThreadSanitizer cannot follow it";
    if (fiberscope_xsave_bytes == 0)
        return "the processor lacks XSAVE";
    if (has_shadow_stack())
        return "the program runs with a shadow stack";
    void* (*allocate)(std::size_t) = &::operator new;
    if (lies_in_own_code(&std::malloc) || lies_in_own_code(allocate))
        return "malloc is linked into the program itself, so the program's code may hold its locks";
    return {};
}

void find_xsave_bytes() noexcept {
    constexpr unsigned os_uses_xsave = 1U << 27U;
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & os_uses_xsave) == 0)
        return;
    __cpuid_count(13, 0, eax, ebx, ecx, edx);
    fiberscope_xsave_bytes = ebx;
}

void handle(int signal, siginfo_t* info, void* context) {
    Scheduler* scheduler = Scheduler::current();
    const bool is_urging = info->si_code == SI_TIMER && info->si_value.sival_ptr == scheduler;
    // without room for what it tells (RLIMIT_SIGPENDING, which all programs of a user share) a signal comes from nobody
    const bool is_ours =
        is_urging || (info->si_code == SI_TKILL && info->si_pid == ::getpid()) || (info->si_code == SI_USER && info->si_pid == 0);
    if (scheduler == nullptr || !is_ours)
        return borrowed.pass_on(signal, info, context);
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    const auto word = [&registers](int name) { return static_cast<std::uintptr_t>(registers[name]); };
    const InterruptedCode code{word(REG_RIP), word(REG_RSP), word(REG_RBP)};
    if (scheduler->faults().is_to_end(code))
        return fault_signal::end_process(context, *scheduler, code);
    if (is_urging || !scheduler->may_interrupt(code))
        return;
    const std::uintptr_t sp = code.free_below() - sizeof(std::uintptr_t);
    *reinterpret_cast<std::uintptr_t*>(sp) = word(REG_RIP); // where the injected call returns to
    registers[REG_RSP] = static_cast<greg_t>(sp);
    registers[REG_RIP] = reinterpret_cast<greg_t>(&fiberscope_injected_call);
}

struct Findings {
    std::string obstacle;
    Findings() {
        program_code::find();
        find_xsave_bytes();
        obstacle = find_obstacle();
    }
};

} // namespace

const std::string& preemption_signal::refused_because() {
    static const Findings& findings = *new Findings; // signals come until the program's very end
    return findings.obstacle;
}

void preemption_signal::install() {
    refused_because();
    struct sigaction action {};
    action.sa_sigaction = &handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    borrowed.take(signal_number, action);
}

void preemption_signal::remove() noexcept {
    borrowed.give_back(signal_number);
}

void preemption_signal::send(pthread_t scheduler_thread) noexcept {
    ::pthread_kill(scheduler_thread, signal_number);
}

bool preemption_signal::is_on_its_way(std::uintptr_t pc) noexcept {
    return pc >= reinterpret_cast<std::uintptr_t>(&fiberscope_injected_call) &&
           pc < reinterpret_cast<std::uintptr_t>(&fiberscope_injected_call_end);
}

bool preemption_signal::may_be_interrupted(std::uintptr_t pc) noexcept {
    return !is_on_its_way(pc) && (program_code::is_own(pc) || program_code::is_unwinder(pc));
}

std::size_t preemption_signal::stack_reserve() noexcept {
    const std::size_t for_the_runtime = has_address_sanitizer() ? 24 * 1024 : 6 * 1024; // instrumented frames are larger
    return fiberscope_xsave_bytes + for_the_runtime;
}

AlternateStack::AlternateStack() : base_{nullptr} {
    constexpr std::size_t enough = 64 * 1024;
    const std::size_t bytes = std::max<std::size_t>(enough, ::getauxval(AT_MINSIGSTKSZ) + enough / 2);
    base_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED)
        throw std::system_error{errno, std::generic_category(), "no memory for a signal stack"};
    stack_t stack{};
    stack.ss_sp = base_;
    stack.ss_size = bytes;
    ::sigaltstack(&stack, &previous_);
    sigset_t accepted; // the thread that made this one may have blocked all signals
    ::sigemptyset(&accepted);
    ::sigaddset(&accepted, signal_number);
    ::pthread_sigmask(SIG_UNBLOCK, &accepted, nullptr);
}

AlternateStack::~AlternateStack() {
    stack_t ours{};
    ::sigaltstack(&previous_, &ours);
    ::munmap(base_, ours.ss_size);
}

} // namespace fiberscope::detail

/// The injected call arrives here, on the stack of the interrupted process.
void fiberscope_injected_yield() noexcept {
    const fiberscope::detail::RuntimeCall in_runtime;
    const int error = errno;
    fiberscope::detail::Scheduler::current()->interrupted();
    errno = error;
}
