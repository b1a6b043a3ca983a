// SPDX-License-Identifier: BSL-1.0
#include "behaviour/restart_intensity.hpp"

namespace fiberscope::detail {

bool RestartIntensity::add(std::int64_t now_s) {
    while (!seconds_.empty() && seconds_.front().at_s < now_s - limits_.period.count())
        seconds_.pop_front();
    if (seconds_.empty() || seconds_.back().at_s != now_s)
        seconds_.push_back({now_s, 0});
    ++seconds_.back().restarts;
    return in_period(now_s) <= static_cast<std::uint32_t>(limits_.intensity);
}

std::uint32_t RestartIntensity::in_period(std::int64_t now_s) const noexcept {
    std::uint32_t count = 0;
    for (const Second& second : seconds_)
        if (second.at_s >= now_s - limits_.period.count())
            count += second.restarts;
    return count;
}

} // namespace fiberscope::detail
