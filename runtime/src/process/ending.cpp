// SPDX-License-Identifier: BSL-1.0
#include "process/ending.hpp"

#include "base/clock.hpp"

#include <algorithm>
#include <exception>

namespace fiberscope::detail {

bool Ending::unwinds() const noexcept {
    return std::uncaught_exceptions() > 0 || (stage_ >= Stage::finishing && (order_ || is_announced()));
}

void Ending::slice_begins() noexcept {
    if (order_ && counted_up_to_ns_ != not_counted) [[unlikely]]
        counted_up_to_ns_ = thread_time_ns();
}

bool Ending::is_time_up(std::int64_t slice_began_ns) noexcept {
    const std::int64_t now_ns = thread_time_ns();
    const std::int64_t since_ns = std::exchange(counted_up_to_ns_, now_ns);
    if (since_ns == not_counted) // for as long as this slice has lasted it had the thread for itself, or less
        time_left_ns_ -= std::min(clock_ns() - slice_began_ns, time_left_ns_ - 1);
    else
        time_left_ns_ -= now_ns - since_ns;
    return time_left_ns_ <= 0;
}

} // namespace fiberscope::detail
