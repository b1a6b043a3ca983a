// SPDX-License-Identifier: BSL-1.0
#include "base/biased_lock.hpp"

#include <thread>

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace fiberscope::detail {

namespace {

bool membarrier(int command) noexcept {
    return ::syscall(SYS_membarrier, command, 0, 0) == 0;
}

} // namespace

const bool BiasedLock::has_membarrier = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);

bool BiasedLock::try_lock_as_thief() noexcept {
    constexpr int most_tries = 2000;
    if (wanted_.exchange(true, std::memory_order_seq_cst))
        return false;
    if (!has_membarrier || membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED))
        for (int tries = 0; tries < most_tries; ++tries) {
            if (!inside_.load(std::memory_order_acquire))
                return true;
            __builtin_ia32_pause();
        }
    unlock_as_thief();
    return false;
}

void BiasedLock::wait_for_thief() noexcept {
    constexpr int tries_before_yield = 200;
    do {
        inside_.store(false, std::memory_order_release);
        for (int tries = 0; wanted_.load(std::memory_order_acquire); ++tries)
            if (tries > tries_before_yield)
                std::this_thread::yield(); // the thief may be off its core
            else
                __builtin_ia32_pause();
        inside_.store(true, std::memory_order_seq_cst);
    } while (wanted_.load(std::memory_order_seq_cst));
}

} // namespace fiberscope::detail
