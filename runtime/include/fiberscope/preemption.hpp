// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/config.hpp>

#include <atomic>
#include <cstdint>

namespace FIBERSCOPE_API fiberscope {

/// How a scheduler takes the processor from a process whose slice is over while somebody waits for it. The first two
/// steps are always there: each runtime call uses up reductions, and each runtime call and `poll()` sees that a slice
/// has lasted too long.
enum class Preemption : std::uint8_t {
    cooperative, ///< these two alone: a loop that calls nothing of the runtime keeps its scheduler
    signal,      ///< besides, a process that reaches no safe point is interrupted wherever its own code is
};

/// While it lives, the process that made it is not preempted: neither by signals nor at its runtime calls. For code that
/// must not be left half-way with others of the same scheduler running: the use of a library that locks, keeps
/// thread-local state or calls back. A process that waits (`receive`, `call`, `sleep`) gives its turn away even so.
/// Keep it short: who waits for the scheduler waits. May be nested.
/// **Thread:** the process's own. Outside of processes it does nothing.
class NoPreempt {
public:
    NoPreempt() noexcept;
    ~NoPreempt();
    NoPreempt(const NoPreempt&) = delete;
    NoPreempt& operator=(const NoPreempt&) = delete;
};

namespace detail {
struct MutexWaiter;
}

/// The lock for process bodies, as `std::lock_guard` and `std::unique_lock` want it. Its owner is not preempted, so a
/// scheduler does not come to a standstill over it as over a `std::mutex`; a process that has to wait for it parks, and
/// its scheduler runs others. First come, first served. Better than a lock is a process that owns the data.
/// **Thread:** processes of any Node, and threads outside. **Blocks:** parks the process; blocks the thread.
/// **Errors:** a process that is killed while it waits unwinds from `lock`. One that is abandoned while it owns the lock
/// (`std::terminate`) leaves it locked: what it guards may be half changed.
class Mutex {
public:
    Mutex() = default;
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;

    void lock();
    /// False if somebody owns it. **Blocks:** never.
    bool try_lock() noexcept;
    void unlock() noexcept;

private:
    bool withdraw(detail::MutexWaiter& waiter) noexcept;

    std::atomic_flag guard_; ///< protects the members below, for a few instructions
    bool locked_ = false;
    detail::MutexWaiter* first_ = nullptr;
    detail::MutexWaiter* last_ = nullptr;
};

} // namespace fiberscope
