// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/events.hpp>

#include <QString>
#include <QStringList>

#include <cstdint>
#include <deque>

namespace fiberscope::widgets {

/// A moment that a chart marks.
struct LoadMark {
    enum class Kind : std::uint8_t { exit, restart };

    double uptimeSeconds = 0;
    Kind kind = Kind::exit;
    int count = 1;     ///< how many happened within a quarter of a second
    QStringList lines; ///< the first of them, readable

    /// What the reader is told: the lines, and how many more there were.
    QString text() const;
};

/// Abnormal exits and restarts of the last ten minutes. Those of one kind within a quarter of a second are one mark,
/// so thousands of crashes cost a chart no more than a few.
/// **Thread:** one; a plain value.
class LoadMarks {
public:
    /// Takes an event; ignores all but exits for reasons that are not clean, restarts and give-ups.
    void add(const fiberscope::Event& event, double uptimeSeconds);
    const std::deque<LoadMark>& marks() const noexcept { return m_marks; }
    /// Changes with each change of the marks.
    std::uint64_t revision() const noexcept { return m_revision; }

private:
    std::deque<LoadMark> m_marks;
    std::uint64_t m_revision = 0;
};

} // namespace fiberscope::widgets
