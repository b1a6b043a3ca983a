// SPDX-License-Identifier: BSL-1.0
#include "scheduler/scheduler_counters.hpp"

#include <algorithm>

namespace fiberscope::detail {

bool SchedulerCounters::gives_way(SliceOver why, std::uint64_t id_bits) noexcept {
    switch (why) {
    case SliceOver::asked: return false;
    case SliceOver::budget: budget_preemptions_.add(); return false;
    case SliceOver::flag: flag_preemptions_.add(); break;
    case SliceOver::signal: signal_preemptions_.add(); break;
    }
    last_preempted_.set(id_bits);
    return true;
}

void SchedulerCounters::fill(SchedulerRow& row) const noexcept {
    const std::int64_t now_ns = clock_ns();
    const std::int64_t idle_since_ns = idle_since_ns_.get();
    const std::int64_t idle_now_ns = idle_since_ns != 0 ? std::max<std::int64_t>(now_ns - idle_since_ns, 0) : 0;
    row.total_ns = static_cast<std::uint64_t>(now_ns - started_ns_);
    row.busy_ns = row.total_ns - std::min(idle_ns_.get() + static_cast<std::uint64_t>(idle_now_ns), row.total_ns);
    row.reductions = reductions.get();
    row.steals = steals.get();
    row.wake_ups = wake_ups.get();
    row.messages = messages.get();
    row.spawns = spawns.get();
    row.exits = exits.get();
    row.budget_preemptions = budget_preemptions_.get();
    row.flag_preemptions = flag_preemptions_.get();
    row.signal_preemptions = signal_preemptions_.get();
    row.signal_refusals = signal_refusals.get();
    row.last_preempted = Pid::from_bits(last_preempted_.get());
    row.longest_run_ns = static_cast<std::uint64_t>(longest_run_ns.get());
}

} // namespace fiberscope::detail
