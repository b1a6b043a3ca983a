// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/clock.hpp"
#include "base/counter.hpp"

#include <fiberscope/snapshot.hpp>

#include <cstdint>

namespace fiberscope::detail {

/// Why the running process gives its turn away although it has more to do: the step of preemption that ended its slice.
enum class SliceOver : std::uint8_t {
    asked,  ///< by itself: yield()
    budget, ///< step 1: its reductions are used up
    flag,   ///< step 2: it lasted too long, and a runtime call noticed
    signal, ///< step 3: it lasted too long, and no runtime call came
};

/// What observers see of a scheduler's work. Sums since its start.
/// **Thread:** written by the owning thread (refusals: its signal handler), read by any.
class SchedulerCounters {
public:
    // by its processes
    Counter64 messages;
    Counter64 spawns;
    Counter64 exits;

    Counter64 reductions;
    Counter64 steals;
    Counter64 wake_ups; ///< changes at each
    Counter64 signal_refusals;
    Counter<std::int64_t> longest_run_ns;

    void falls_idle(std::int64_t now_ns) noexcept { idle_since_ns_.set(now_ns); }
    /// It was idle from `since_ns` on.
    void was_idle(std::int64_t since_ns, std::int64_t now_ns) noexcept {
        idle_since_ns_.set(0);
        idle_ns_.add(static_cast<std::uint64_t>(now_ns - since_ns));
    }
    /// True: it was preempted, not at its own wish, and not for its budget.
    bool gives_way(SliceOver why, std::uint64_t id_bits) noexcept;
    void fill(SchedulerRow& row) const noexcept;

private:
    const std::int64_t started_ns_ = clock_ns();
    Counter64 idle_ns_;
    Counter<std::int64_t> idle_since_ns_; ///< 0: not idle
    Counter64 budget_preemptions_;
    Counter64 flag_preemptions_;
    Counter64 signal_preemptions_;
    Counter64 last_preempted_; ///< id_bits
};

} // namespace fiberscope::detail
