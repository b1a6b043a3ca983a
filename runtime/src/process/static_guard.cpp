// SPDX-License-Identifier: BSL-1.0
#include "process/static_guard.hpp"

#include "base/code_depth.hpp"
#include "base/sanitizer.hpp"
#include "process/control_block.hpp"
#include "scheduler/program_code.hpp"
#include "scheduler/scheduler.hpp"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <limits>
#include <utility>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace fiberscope::detail {

namespace {

using static_guard::Word;

[[maybe_unused]] constexpr Word done = 1;           ///< the ABI's: compiled code looks at this byte
[[maybe_unused]] constexpr Word pending = 1U << 8U; ///< somebody is in the initialiser
constexpr Word waiting = 1U << 16U;                 ///< a thread sleeps until that is over

void leave(Word& guard, Word state) noexcept {
    if ((std::atomic_ref{guard}.exchange(state, std::memory_order_acq_rel) & waiting) != 0)
        ::syscall(SYS_futex, &guard, FUTEX_WAKE, std::numeric_limits<int>::max(), nullptr, nullptr, 0);
}

#if !defined(FIBERSCOPE_THREAD_SANITIZER)

enum class Entry : std::uint8_t { mine, over, taken };

/// Enters the initialiser, if nobody is in it.
Entry try_enter(Word& guard) noexcept {
    Word expected = 0;
    if (std::atomic_ref{guard}.compare_exchange_strong(expected, pending, std::memory_order_acq_rel, std::memory_order_acquire))
        return Entry::mine;
    return expected == done ? Entry::over : Entry::taken;
}

/// Sleeps until the initialiser is over, as the library's does; `limit`: or until that time is over.
void sleep_as_thread(Word& guard, const timespec* limit) noexcept {
    Word expected = pending;
    if (std::atomic_ref{guard}.compare_exchange_strong(expected, pending | waiting) || expected == (pending | waiting))
        ::syscall(SYS_futex, &guard, FUTEX_WAIT, pending | waiting, limit, nullptr, 0);
}

/// The process whose own code runs here; nullptr: it is a thread's, or the runtime's.
Life* process_here() noexcept {
    Process* process = current_process();
    return process != nullptr && code_depth.is_user_code() ? &ProcessAccess::life(*process) : nullptr;
}

/// A thread that is no process.
bool enter_as_thread(Word& guard) noexcept {
    for (;;) {
        if (const Entry entry = try_enter(guard); entry != Entry::taken)
            return entry == Entry::mine;
        sleep_as_thread(guard, nullptr);
    }
}

/// In a library nobody is interrupted, so there most often a thread is at work, which is waited for as a thread: locks of the
/// library may be held, with which it should not park. What takes longer is a process that has parked in the initialiser, which
/// may need this very scheduler.
bool enter(Word& guard, const void* caller) {
    Life* process = process_here();
    if (process == nullptr)
        return enter_as_thread(guard);
    const RuntimeCall in_runtime;
    constexpr timespec for_a_thread{0, 5'000'000};
    constexpr std::int64_t longest_pause_ns = 10'000'000;
    std::int64_t pause_ns = 100'000;
    bool is_patient = !program_code::is_own(reinterpret_cast<std::uintptr_t>(caller));
    for (;;) {
        const Entry entry = try_enter(guard);
        if (entry == Entry::mine)
            process->enters_initialiser(guard);
        if (entry != Entry::taken)
            return entry == Entry::mine;
        if (std::exchange(is_patient, false)) {
            sleep_as_thread(guard, &for_a_thread);
            continue;
        }
        process->wait_for_initialiser(guard, pause_ns);
        pause_ns = std::min(pause_ns * 2, longest_pause_ns);
    }
}

void leave_initialiser(Word& guard, Word state) noexcept {
    if (Life* process = process_here()) {
        const RuntimeCall in_runtime;
        process->leaves_initialiser(guard);
        leave(guard, state);
    } else
        leave(guard, state);
}

#endif

} // namespace

void static_guard::give_back(Word& guard) noexcept {
    leave(guard, 0);
}

/// Where there is no memory to note it, an initialiser that is given up in the middle stays closed.
void Life::enters_initialiser(Word& guard) noexcept {
    try {
        rare().initialising.push_back(&guard);
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
    }
}

void Life::leaves_initialiser(Word& guard) noexcept {
    if (rare_ != nullptr)
        std::erase(rare_->initialising, &guard);
}

/// Nobody wakes those who wait here: it looks again and again. What kills it meanwhile ends it where it has waited for longer
/// than a process that ends may take; it cannot unwind, as compilers take the call of a guard for one that throws nothing.
void Life::wait_for_initialiser(Word& guard, std::int64_t pause_ns) {
    if (rare_ != nullptr &&
        std::find(rare_->initialising.begin(), rare_->initialising.end(), &guard) != rare_->initialising.end())
        throw Error{Term::string("the initialiser of a function-local static needs itself")};
    if (has_reason_to_wake())
        block_.scheduler()->yield(block_, SliceOver::asked);
    else
        park(clock_ns() + pause_ns);
    handle_signals();
    abandon_if_time_is_up();
}

} // namespace fiberscope::detail

#if !defined(FIBERSCOPE_THREAD_SANITIZER) // which has its own, and signals are refused

extern "C" {

[[gnu::visibility("default")]] int __cxa_guard_acquire(fiberscope::detail::static_guard::Word* guard) {
    return fiberscope::detail::enter(*guard, __builtin_return_address(0)) ? 1 : 0;
}

[[gnu::visibility("default")]] void __cxa_guard_release(fiberscope::detail::static_guard::Word* guard) noexcept {
    fiberscope::detail::leave_initialiser(*guard, fiberscope::detail::done);
}

[[gnu::visibility("default")]] void __cxa_guard_abort(fiberscope::detail::static_guard::Word* guard) noexcept {
    fiberscope::detail::leave_initialiser(*guard, 0);
}

} // extern "C"

#endif
