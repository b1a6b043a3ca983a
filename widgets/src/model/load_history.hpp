// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/snapshot.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace fiberscope::widgets {

/// What one scheduler did between two samples.
struct SchedulerLoad {
    double busyPercent = 0; ///< busy time / wall time
    double reductionsPerSecond = 0;
    double switchesPerSecond = 0;
    double stealsPerSecond = 0;
    double wakeUpsPerSecond = 0;
    std::uint32_t runQueueLength = 0; ///< at the end of the interval
};

/// What the Node did between two samples.
struct LoadPoint {
    double uptimeSeconds = 0; ///< end of the interval, since the start of the Node
    std::vector<SchedulerLoad> schedulers;
    std::uint32_t runQueueLength = 0; ///< of all schedulers
    std::uint32_t processCount = 0;
    double residentBytes = 0;
    double processesBytes = 0; ///< NaN where the sample did not count them
    double stacksBytes = 0;
    double messagesPerSecond = 0;
    double spawnsPerSecond = 0;
    double exitsPerSecond = 0;
    double reductionsPerSecond = 0;
    double switchesPerSecond = 0;
};

/// The load of the last ten minutes, as rates: one point for each interval between two samples, oldest first.
/// Points keep their own times, so a changed sample interval or chart length drops nothing.
/// **Thread:** one; a plain value.
class LoadHistory {
public:
    static constexpr std::chrono::seconds maxLength{600};

    /// Takes a sample. True if that made a point: the first sample, and one that is not newer than the last, make none.
    bool add(const fiberscope::Snapshot& sample);
    const std::deque<LoadPoint>& points() const noexcept { return m_points; }
    bool isEmpty() const noexcept { return m_points.empty(); }
    const LoadPoint& last() const noexcept { return m_points.back(); }
    /// The first point that is newer than this uptime.
    std::deque<LoadPoint>::const_iterator firstAfter(double uptimeSeconds) const;
    /// Where a wall-clock time lies on the axis of `LoadPoint::uptimeSeconds`.
    double uptimeOf(std::chrono::system_clock::time_point at) const;
    /// The reverse.
    std::chrono::system_clock::time_point clockOf(double uptimeSeconds) const;

private:
    LoadPoint pointBetween(const fiberscope::Snapshot& before, const fiberscope::Snapshot& after) const;

    std::deque<LoadPoint> m_points;
    std::optional<fiberscope::Snapshot> m_lastSample;
};

} // namespace fiberscope::widgets
