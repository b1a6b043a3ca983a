// SPDX-License-Identifier: BSL-1.0
#include "base/dispatch_clock.hpp"

#include <algorithm>
#include <fstream>
#include <string>

#include <cpuid.h>

namespace fiberscope::detail {

bool DispatchClock::is_usable() noexcept {
    static const bool usable = [] {
        constexpr unsigned is_invariant = 1U << 8U;
        unsigned eax = 0;
        unsigned ebx = 0;
        unsigned ecx = 0;
        unsigned edx = 0;
        if (__get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) == 0 || (edx & is_invariant) == 0)
            return false;
        std::ifstream file{"/sys/devices/system/clocksource/clocksource0/current_clocksource"};
        std::string source;
        return file >> source && source == "tsc";
    }();
    return usable;
}

std::int64_t DispatchClock::correct() noexcept {
    constexpr std::int64_t short_ns = 200'000;      // a shorter time is no measure
    constexpr std::int64_t long_ns = 2'000'000'000; // a longer one does not fit into the product below
    constexpr std::uint64_t trusted_ns = 1'000'000;
    const std::uint64_t ticks = __builtin_ia32_rdtsc();
    const std::int64_t last_ns = base_ns_ + after(trusted_ticks_); // the latest that `now` can have said
    const std::int64_t now_ns = std::max(clock_ns(), last_ns);
    if (!is_usable())
        return now_ns;
    const auto past_ns = static_cast<std::uint64_t>(now_ns - base_ns_);
    const std::uint64_t past_ticks = ticks - base_ticks_;
    if (base_ticks_ != 0 && now_ns - base_ns_ < short_ns)
        return now_ns;
    if (base_ticks_ != 0 && now_ns - base_ns_ < long_ns) {
        ns_per_tick_ = (past_ns << 32U) / past_ticks;
        trusted_ticks_ = past_ticks * trusted_ns / past_ns;
    }
    base_ticks_ = ticks;
    base_ns_ = now_ns;
    return now_ns;
}

} // namespace fiberscope::detail
