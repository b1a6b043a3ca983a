// SPDX-License-Identifier: BSL-1.0
/// Bodies that reach no safe point, and nodes that interrupt them.
#pragma once

#include "process_fixture.hpp"

#include <csignal>
#include <string>

namespace fiberscope::test {

inline NodeConfig with_signals(unsigned schedulers) {
    NodeConfig config = with_schedulers(schedulers);
    config.preemption = Preemption::signal;
    return config;
}

/// Why processes are not interrupted here; empty if they are.
inline std::string why_no_signals() {
    const Node node{with_signals(1)};
    return node.preemption() == Preemption::signal ? std::string{} : node.snapshot().node.preemption;
}

/// Computes until `stop` is set, without one runtime call.
[[gnu::noinline]] inline void spin_until(const volatile std::sig_atomic_t& stop) {
    volatile std::uint64_t count = 0;
    while (stop == 0)
        count = count + 1;
}

/// Never ends by itself.
[[gnu::noinline]] inline void run_away(Process&) {
    const volatile std::sig_atomic_t never = 0;
    spin_until(never);
}

inline std::uint64_t signals_sent_to(const Node& node) {
    std::uint64_t sum = 0;
    for (const SchedulerRow& scheduler : node.snapshot().schedulers)
        sum += scheduler.signal_preemptions + scheduler.signal_refusals;
    return sum;
}

} // namespace fiberscope::test
