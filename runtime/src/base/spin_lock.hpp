// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <thread>

namespace fiberscope::detail {

/// A lock for sections of a few dozen instructions, held by scheduler threads and their thieves.
/// Meets BasicLockable, so `std::lock_guard` works. Not recursive; never held across a switch or user code.
/// **Blocks:** spins, then offers the core to others, since the holder may be off it.
class SpinLock {
public:
    void lock() noexcept {
        for (int tries = 0; locked_.exchange(true, std::memory_order_acquire); ++tries)
            while (locked_.load(std::memory_order_relaxed)) {
                if (++tries > spins_before_yield)
                    std::this_thread::yield();
                __builtin_ia32_pause();
            }
    }
    void unlock() noexcept { locked_.store(false, std::memory_order_release); }

private:
    static constexpr int spins_before_yield = 100;
    std::atomic<bool> locked_{false}; ///< written by who takes it, then by who has it
};

} // namespace fiberscope::detail
