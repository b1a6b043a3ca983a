// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/clock.hpp"
#include "base/counter.hpp"

#include <algorithm>
#include <cstdint>

namespace fiberscope::detail {

/// What a thread has worked of the time that went by: the operating system may have run others meanwhile, or have stopped the
/// program. A thread's processor time is a system call, so it is read where a time was long enough to hide somebody else, and now
/// and then besides, so that small things (interrupts) do not add up to what one process is charged for.
/// **Thread:** its own; `used_at_ns`: any.
class WorkTime {
public:
    using ThreadTime = std::int64_t (*)() noexcept;
    static constexpr std::int64_t long_ns = 50'000; ///< of shorter times it is not found out what others have taken
    explicit WorkTime(ThreadTime thread_time = &thread_time_ns) noexcept : thread_time_{thread_time} {}

    /// The thread has slept until `now_ns`, or begins.
    void restart(std::int64_t now_ns) noexcept {
        read_at_ns_.set(now_ns);
        used_at_ns_.set(thread_time_());
    }
    /// Of the time from `began_ns` to `now_ns`, in which it did not sleep.
    std::int64_t worked_ns(std::int64_t began_ns, std::int64_t now_ns) noexcept {
        const std::int64_t passed_ns = std::max<std::int64_t>(now_ns - began_ns, 0);
        const bool is_long = passed_ns >= long_ns;
        if (!is_long && now_ns - read_at_ns_.get() < between_ns) [[likely]]
            return passed_ns;
        const std::int64_t others_ns = look(now_ns);
        return is_long ? std::clamp<std::int64_t>(passed_ns - others_ns, 0, passed_ns) : passed_ns;
    }

    /// The thread's processor time when it looked last.
    std::int64_t used_at_ns() const noexcept { return used_at_ns_.get(); }

private:
    static constexpr std::int64_t between_ns = 10'000'000;

    /// How long the thread has not run since the last look.
    std::int64_t look(std::int64_t now_ns) noexcept {
        const std::int64_t passed_ns = now_ns - read_at_ns_.get();
        const std::int64_t used_before_ns = used_at_ns_.get();
        restart(now_ns);
        return passed_ns - (used_at_ns_.get() - used_before_ns);
    }

    const ThreadTime thread_time_;
    Counter<std::int64_t> read_at_ns_;
    Counter<std::int64_t> used_at_ns_;
};

} // namespace fiberscope::detail
