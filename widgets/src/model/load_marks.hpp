// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/events.hpp>

#include <QString>
#include <QStringList>

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

namespace fiberscope::widgets {

/// A moment that a chart marks.
struct LoadMark {
    enum class Kind : std::uint8_t { exit, restart };
    static constexpr std::array kinds{Kind::exit, Kind::restart};

    double uptimeSeconds = 0; ///< of the first that it stands for
    double lastSeconds = 0;   ///< of the last
    Kind kind = Kind::exit;
    int count = 1;
    QStringList lines; ///< the first of them, readable

    /// What the reader is told: the lines, and how many more there were.
    QString text() const;
    /// Whether it would keep one line more.
    bool hasRoom() const;
    /// Stands for a later one of its kind, too.
    void merge(const LoadMark& later);
};

/// Abnormal exits and restarts of the last ten minutes. Those of one kind within a quarter of a second are one mark,
/// so thousands of crashes cost a chart no more than a few.
/// **Thread:** one; a plain value.
class LoadMarks {
public:
    /// Takes an event; ignores all but exits for reasons that are not clean, restarts and give-ups.
    void add(const fiberscope::Event& event, double uptimeSeconds);
    const std::deque<LoadMark>& marks() const noexcept { return m_marks; }
    /// The marks as they are to be drawn where those of a kind that are less than `seconds` apart would touch: each run of such
    /// becomes marks that stand for up to `seconds` of it. A mark stays the same while others come and go elsewhere.
    std::vector<LoadMark> merged(double seconds) const;
    /// Changes with each change of the marks.
    std::uint64_t revision() const noexcept { return m_revision; }

private:
    std::deque<LoadMark> m_marks;
    std::uint64_t m_revision = 0;
};

} // namespace fiberscope::widgets
