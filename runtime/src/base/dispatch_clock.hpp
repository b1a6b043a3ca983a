// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/clock.hpp"

#include <cstdint>

namespace fiberscope::detail {

/// The time for one thread's dispatches, in nanoseconds of `clock_ns`, at a third of what that costs: reads the processor's time
/// stamp and corrects itself by the clock at least once a millisecond, so it strays by no more than the two drift in one. Never
/// goes backwards. Where time stamps do not run evenly (`is_usable`) it is the clock.
/// **Thread:** its own.
class DispatchClock {
public:
    std::int64_t now() noexcept {
        const std::uint64_t past = __builtin_ia32_rdtsc() - base_ticks_;
        if (past >= trusted_ticks_) [[unlikely]]
            return correct();
        return base_ns_ + after(past);
    }

private:
    /// The stamp runs at one rate in all states of the processor, and the system's clock goes by it.
    static bool is_usable() noexcept;
    std::int64_t correct() noexcept;
    std::int64_t after(std::uint64_t ticks) const noexcept { return static_cast<std::int64_t>(ticks * ns_per_tick_ >> 32U); }

    std::uint64_t base_ticks_ = 0;
    std::int64_t base_ns_ = 0;
    std::uint64_t ns_per_tick_ = 0;   ///< times 2^32
    std::uint64_t trusted_ticks_ = 0; ///< for so long after the base; 0: not measured yet
};

} // namespace fiberscope::detail
