// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/config.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>
#include <type_traits>
#include <utility>

namespace FIBERSCOPE_API fiberscope {

/// Durations of timeouts. Nanoseconds inside; rule R03: a timeout never fires early.
using Duration = std::chrono::nanoseconds;
/// A timeout that never comes.
inline constexpr Duration infinity = Duration::max();

namespace detail {

/// Throws Error{badarg}.
[[noreturn]] void throw_bad_time();

/// Of a whole number of units: no step of it overflows.
template <class Rep, class Period>
constexpr Duration saturated_whole(std::chrono::duration<Rep, Period> time) {
    constexpr std::int64_t unit_ns = std::ratio_divide<Period, std::nano>::num;
    if (std::cmp_greater(time.count(), Duration::max().count() / unit_ns))
        return Duration::max();
    if (std::cmp_less(time.count(), Duration::min().count() / unit_ns))
        return Duration::min();
    return Duration{static_cast<std::int64_t>(time.count()) * unit_ns};
}

/// Any duration in nanoseconds, rounded up; what is out of range is the nearest that there is, so the far future is
/// `infinity`. **Errors:** Error{badarg} for NaN.
template <class Rep, class Period>
constexpr Duration saturated(std::chrono::duration<Rep, Period> time) {
    using InNs = std::ratio_divide<Period, std::nano>;
    if constexpr (std::is_integral_v<Rep> && sizeof(Rep) <= sizeof(std::int64_t) && InNs::den == 1)
        return saturated_whole(time);
    else {
        constexpr auto end = static_cast<long double>(std::numeric_limits<std::int64_t>::max());
        const long double ns = static_cast<long double>(time.count()) * InNs::num / InNs::den;
        if (ns != ns)
            throw_bad_time();
        if (ns >= end)
            return Duration::max();
        if (ns <= -end)
            return Duration::min();
        const auto whole = static_cast<std::int64_t>(ns);
        return Duration{whole + (static_cast<long double>(whole) < ns ? 1 : 0)};
    }
}

} // namespace detail

/// How long to wait: what every function of the runtime takes that waits, or lets others wait. Made of any
/// std::chrono::duration: one that is longer than nanoseconds can count (292 years) is `infinity`, as is `infinity` itself;
/// no time is too far to be meant.
/// **Errors:** Error{badarg} for a negative time and for NaN, from where the value is made, as OTP's `timeout_value`.
/// **Thread:** any; a plain value.
class WaitTime {
public:
    template <class Rep, class Period>
    constexpr WaitTime(std::chrono::duration<Rep, Period> time) // NOLINT(google-explicit-constructor)
        : time_{detail::saturated(time)} {
        if (time < time.zero())
            detail::throw_bad_time();
    }

    constexpr operator Duration() const noexcept { return time_; } // NOLINT(google-explicit-constructor)
    constexpr bool is_infinite() const noexcept { return time_ == infinity; }

private:
    Duration time_;
};

} // namespace fiberscope
