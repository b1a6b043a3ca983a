// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/log_line.hpp"

#include <QAbstractTableModel>
#include <QString>

#include <cstdint>
#include <deque>

namespace fiberscope::widgets {

/// Events of a Node as lines, the newest last, at most 10,000. The filter is applied here: what it hides stays in
/// the log and comes back with another filter.
/// **Thread:** GUI thread.
class LogModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { TimeColumn, LevelColumn, ProcessColumn, TextColumn, ColumnCount };
    static constexpr std::size_t maxLines = 10'000;

    using QAbstractTableModel::QAbstractTableModel;

    /// Adds lines; `lost` events are missing among them, `skipped` older lines before them.
    void append(const LogLines& lines, std::uint64_t lost = 0, std::uint64_t skipped = 0);
    void clear();
    /// Shows lines of at least this level that contain the text, in any case: in process, text, the fields of a report, the
    /// stack of an exit or the pids that a restart is about. A text in double quotes is looked for as a whole word: `"kv_1"` is
    /// not in `kv_12`.
    void setFilter(fiberscope::LogLevel level, const QString& text);

    const LogLine& line(int row) const;
    /// Lines are numbered from the start of the log; a filter changes rows, not numbers.
    std::uint64_t numberAt(int row) const { return m_shown[static_cast<std::size_t>(row)]; }
    /// -1: it is hidden or no longer kept.
    int rowOfNumber(std::uint64_t number) const;
    /// The line that says how a process ended, shown or not; nullptr: it is not in the log.
    const LogLine* exitOf(fiberscope::Pid pid) const;
    /// The restart by which another process took its place; nullptr: it is not in the log.
    const LogLine* restartOf(fiberscope::Pid pid) const;
    std::size_t lineCount() const noexcept { return m_lines.size(); }
    /// Events that the ring no longer held when they were asked for, since the start of the log.
    std::uint64_t lostEvents() const noexcept { return m_lost; }
    /// Lines that had to make room for newer ones, whether the filter showed them or not, since the log was cleared last.
    std::uint64_t droppedLines() const noexcept { return m_dropped; }
    /// A line as it is copied and saved: columns with two spaces between, then the report's fields or the stack, indented.
    QString plainText(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

signals:
    void lostEventsChanged(quint64 lost);
    void droppedLinesChanged(quint64 dropped);

private:
    bool matches(const LogLine& line) const;
    bool isFound(const QString& text) const;
    void trim();
    void setDropped(std::uint64_t dropped);

    std::deque<LogLines::value_type> m_lines;
    std::uint64_t m_firstNumber = 0;   ///< number of the first line kept; lines are numbered from the start of the log
    std::deque<std::uint64_t> m_shown; ///< numbers of the lines that the filter lets through
    fiberscope::LogLevel m_level = fiberscope::LogLevel::debug;
    QString m_filter; ///< without the quotes of a whole word
    bool m_isWord = false;
    std::uint64_t m_lost = 0;
    std::uint64_t m_dropped = 0;
};

} // namespace fiberscope::widgets
