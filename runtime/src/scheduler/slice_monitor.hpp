// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "scheduler/scheduler.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

namespace fiberscope::detail {

/// Steps 2 and 3 of preemption: one thread a program that looks at the schedulers while somebody waits behind a running
/// process. A slice that lasts too long is flagged, so that the next runtime call gives way; if none comes the process is
/// interrupted by a signal, and again soon if it could not be just then. A slice that does not end for all that is
/// reported, and others take what the scheduler cannot get to.
/// It rests (looks 50 times a second) while nobody waits but timers are pending, and sleeps without limit once nothing
/// has run for a second. Never destroyed: schedulers use it until the program's very end, and its thread ends with that.
/// **Thread:** any.
class SliceMonitor {
public:
    static SliceMonitor& instance();
    static SliceMonitor& get() noexcept { return *made_; } ///< once a scheduler runs

    void add(Scheduler& scheduler);
    void remove(Scheduler& scheduler);
    /// Somebody waits behind a running process: look from now on. Costs one read unless the monitor rests.
    void watch() noexcept {
        if (pace_.load(std::memory_order_relaxed) != Pace::watching)
            wake(Pace::watching);
    }
    /// Something runs while a timer is pending: look now and then. Costs one read unless the monitor sleeps.
    void rest() noexcept {
        if (pace_.load(std::memory_order_relaxed) == Pace::asleep)
            wake(Pace::resting);
    }

private:
    enum class Pace : std::uint8_t { asleep, resting, watching };

    /// What it knows of one scheduler's running slice. Moments are never_ns where they have not come.
    struct Watched {
        Scheduler* scheduler;
        RunningSlice slice{};
        std::int64_t waited_since_ns = never_ns; ///< somebody waits behind it
        std::int64_t flagged_at_ns = never_ns;
        std::int64_t signal_at_ns = never_ns; ///< the next signal is due
        std::uint32_t signals_sent = 0;
        bool is_wanted = false; ///< its process is to see a signal, or to end
        bool is_stack_asked_for = false;
        bool is_reported = false;
    };

    SliceMonitor();
    void wake(Pace pace) noexcept;
    [[noreturn]] void run();
    std::int64_t look(std::int64_t now_ns);
    std::int64_t look_at(Watched& watched, std::int64_t now_ns);
    static void begin(Watched& watched, const RunningSlice& slice) noexcept;
    static std::int64_t urge(Watched& watched, std::int64_t now_ns);
    static std::int64_t report(Watched& watched, std::int64_t now_ns);

    static SliceMonitor* made_; ///< written once, by `instance`
    std::mutex mutex_;          ///< protects all but pace_
    std::condition_variable changed_;
    std::vector<Watched> watched_;
    bool someone_waits_ = false;           ///< in the last look
    bool something_ran_ = false;           ///< likewise
    std::atomic<Pace> pace_{Pace::asleep}; ///< written under mutex_
};

} // namespace fiberscope::detail
