// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/load_history.hpp"

#include <algorithm>
#include <limits>

namespace fiberscope::widgets {

namespace {

/// Counters only grow; where one was read before the other they may still seem to fall.
double growth(std::uint64_t before, std::uint64_t after) {
    return after > before ? static_cast<double>(after - before) : 0.0;
}

SchedulerLoad loadBetween(const fiberscope::SchedulerRow& before, const fiberscope::SchedulerRow& after, double seconds) {
    SchedulerLoad load;
    const double total = growth(before.total_ns, after.total_ns);
    if (total > 0)
        load.busyPercent = std::min(100.0, 100.0 * growth(before.busy_ns, after.busy_ns) / total);
    load.reductionsPerSecond = growth(before.reductions, after.reductions) / seconds;
    load.switchesPerSecond = growth(before.context_switches, after.context_switches) / seconds;
    load.stealsPerSecond = growth(before.steals, after.steals) / seconds;
    load.wakeUpsPerSecond = growth(before.wake_ups, after.wake_ups) / seconds;
    load.runQueueLength = after.run_queue_length();
    return load;
}

} // namespace

bool LoadHistory::add(const fiberscope::Snapshot& sample) {
    const bool isNewer = m_lastSample && sample.node.uptime_ns > m_lastSample->node.uptime_ns;
    if (m_lastSample && !isNewer)
        return false;
    if (isNewer) {
        m_points.push_back(pointBetween(*m_lastSample, sample));
        const double oldest = m_points.back().uptimeSeconds - static_cast<double>(maxLength.count());
        while (m_points.front().uptimeSeconds < oldest)
            m_points.pop_front();
    }
    m_lastSample = sample;
    return isNewer;
}

LoadPoint LoadHistory::pointBetween(const fiberscope::Snapshot& before, const fiberscope::Snapshot& after) const {
    const double seconds = growth(before.node.uptime_ns, after.node.uptime_ns) / 1e9;
    LoadPoint point;
    point.uptimeSeconds = static_cast<double>(after.node.uptime_ns) / 1e9;
    point.runQueueLength = after.node.run_queue_length;
    point.processCount = after.node.process_count;
    point.residentBytes = static_cast<double>(after.node.resident_bytes);
    point.stacksBytes = static_cast<double>(after.node.stacks_bytes);
    const auto processesBytes = static_cast<double>(after.node.processes_bytes);
    point.processesBytes = processesBytes > 0 ? processesBytes : std::numeric_limits<double>::quiet_NaN();
    point.messagesPerSecond = growth(before.node.messages, after.node.messages) / seconds;
    point.spawnsPerSecond = growth(before.node.spawns, after.node.spawns) / seconds;
    point.exitsPerSecond = growth(before.node.exits, after.node.exits) / seconds;
    point.reductionsPerSecond = growth(before.node.reductions, after.node.reductions) / seconds;
    point.switchesPerSecond = growth(before.node.context_switches, after.node.context_switches) / seconds;
    for (std::size_t i = 0; i < after.schedulers.size(); ++i) {
        const bool isKnown = i < before.schedulers.size();
        point.schedulers.push_back(isKnown ? loadBetween(before.schedulers[i], after.schedulers[i], seconds) : SchedulerLoad{});
    }
    return point;
}

std::deque<LoadPoint>::const_iterator LoadHistory::firstAfter(double uptimeSeconds) const {
    return std::upper_bound(m_points.begin(), m_points.end(), uptimeSeconds,
                            [](double uptime, const LoadPoint& point) { return uptime < point.uptimeSeconds; });
}

double LoadHistory::uptimeOf(std::chrono::system_clock::time_point at) const {
    if (!m_lastSample)
        return 0;
    const std::chrono::duration<double> ago = m_lastSample->node.taken_at - at;
    return static_cast<double>(m_lastSample->node.uptime_ns) / 1e9 - ago.count();
}

std::chrono::system_clock::time_point LoadHistory::clockOf(double uptimeSeconds) const {
    if (!m_lastSample)
        return {};
    const std::chrono::duration<double> ago{static_cast<double>(m_lastSample->node.uptime_ns) / 1e9 - uptimeSeconds};
    return m_lastSample->node.taken_at - std::chrono::duration_cast<std::chrono::system_clock::duration>(ago);
}

} // namespace fiberscope::widgets
