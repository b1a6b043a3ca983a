// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <limits>

namespace fiberscope::detail {

/// The runtime's clock: monotonic nanoseconds. One read costs about 25 ns: taken once a dispatch, not once a call.
/// **Thread:** any thread.
inline std::int64_t clock_ns() noexcept {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

/// Processor time that a thread's clock shows, nanoseconds; 0 if there is no such thread any more. A system call.
inline std::int64_t processor_time_ns(clockid_t clock) noexcept {
    timespec time{};
    return ::clock_gettime(clock, &time) == 0 ? std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec : 0;
}

/// That of the calling thread.
inline std::int64_t thread_time_ns() noexcept {
    return processor_time_ns(CLOCK_THREAD_CPUTIME_ID);
}

/// A moment that never comes.
inline constexpr std::int64_t never_ns = std::numeric_limits<std::int64_t>::max();

/// `now + delay`, or never where that would overflow.
inline constexpr std::int64_t deadline_after(std::int64_t now_ns, std::chrono::nanoseconds delay) noexcept {
    return delay.count() >= never_ns - now_ns ? never_ns : now_ns + delay.count();
}

} // namespace fiberscope::detail
