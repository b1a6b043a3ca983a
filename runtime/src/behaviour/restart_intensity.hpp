// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/supervisor.hpp>

#include <cstdint>
#include <deque>

namespace fiberscope::detail {

/// Counts restarts within the period, as supervisor.erl's add_restart (rule S06): in whole seconds of the monotonic
/// clock, a restart at second S counts up to and including second S + period.
class RestartIntensity {
public:
    /// **Pre-condition:** the intensity is not negative.
    explicit RestartIntensity(RestartLimits limits) noexcept : limits_{limits} {}

    /// Counts a restart at `now_s`. False: it is one too many.
    bool add(std::int64_t now_s);
    /// How many restarts count at `now_s`.
    std::uint32_t in_period(std::int64_t now_s) const noexcept;

private:
    /// Restarts of one second.
    struct Second {
        std::int64_t at_s;
        std::uint32_t restarts;
    };

    RestartLimits limits_;
    std::deque<Second> seconds_; ///< oldest first, at most one more than the period has
};

} // namespace fiberscope::detail
