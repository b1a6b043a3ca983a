// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>

namespace fiberscope::detail {

/// A lock that one thread, its owner, takes and gives back by plain stores. Any other thread pays for both: it has every running
/// thread of the program pass a fence (membarrier), so that either it sees the owner inside or the owner sees it coming. Where
/// the system has no membarrier the owner passes a fence each time.
/// Sections are a few dozen instructions and never left by a switch or an exception. Not recursive.
class BiasedLock {
public:
    // -- the owner; meets BasicLockable ----

    void lock() noexcept {
        inside_.store(true, std::memory_order_relaxed);
        if (has_membarrier) [[likely]]
            std::atomic_signal_fence(std::memory_order_seq_cst);
        else
            std::atomic_thread_fence(std::memory_order_seq_cst);
        if (wanted_.load(std::memory_order_acquire)) [[unlikely]]
            wait_for_thief();
    }
    void unlock() noexcept { inside_.store(false, std::memory_order_release); }

    // -- any other thread ----

    /// False: another has it, or the owner does not come out; its thread may be off its core.
    bool try_lock_as_thief() noexcept;
    void unlock_as_thief() noexcept { wanted_.store(false, std::memory_order_release); }

private:
    static const bool has_membarrier;
    void wait_for_thief() noexcept;

    std::atomic<bool> inside_{false}; ///< written by the owner
    std::atomic<bool> wanted_{false}; ///< written by the one thief that has set it
};

} // namespace fiberscope::detail
