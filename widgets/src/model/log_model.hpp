// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/events.hpp>
#include <fiberscope/pid.hpp>

#include <QAbstractTableModel>
#include <QString>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace fiberscope::widgets {

/// One line of the log.
struct LogLine {
    std::chrono::system_clock::time_point at;
    fiberscope::LogLevel level = fiberscope::LogLevel::info;
    fiberscope::Pid pid; ///< whom a double-click goes to: the live one of those that the line names
    QString name;        ///< its registered name, label or initial function, where the event tells it
    QString process;     ///< `kv_shard_2 <0.90.0>`
    QString text;
    fiberscope::Pid oldPid;                             ///< a restart: whom `pid` follows
    fiberscope::Pid supervisor;                         ///< a restart: who made it
    QString supervisorName;                             ///< its registered name
    std::shared_ptr<const fiberscope::LogEntry> report; ///< its fields, where the line stands for a report
    QString stack;                                      ///< an exit: where it was, if not normal; a line a frame
    bool isExit = false;                                ///< says how `pid` ended
    bool isLoss = false;                                ///< says how many events are missing here
};

/// The events of a Node as lines, the newest last, at most 10,000. The filter is applied here: what it hides stays in
/// the log and comes back with another filter.
/// **Thread:** GUI thread.
class LogModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { TimeColumn, LevelColumn, ProcessColumn, TextColumn, ColumnCount };
    static constexpr std::size_t maxLines = 10'000;

    using QAbstractTableModel::QAbstractTableModel;

    /// Adds the events of a batch. Events that the ring lost become one line that says so.
    void append(const fiberscope::EventBatch& batch);
    void clear();
    /// Exits for clean reasons (normal, shutdown) are left out unless kept from now on: they are many and say little.
    void setKeepsNormalExits(bool keep) { m_keepsNormalExits = keep; }
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
    /// A line as it is copied and saved: columns with two spaces between, then the report's fields or the stack, indented.
    QString plainText(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

signals:
    void lostEventsChanged(quint64 lost);

private:
    bool matches(const LogLine& line) const;
    bool isFound(const QString& text) const;
    void addLines(std::vector<LogLine> lines);
    void trim();

    std::deque<LogLine> m_lines;
    std::uint64_t m_firstNumber = 0;   ///< number of the first line kept; lines are numbered from the start of the log
    std::deque<std::uint64_t> m_shown; ///< numbers of the lines that the filter lets through
    fiberscope::LogLevel m_level = fiberscope::LogLevel::debug;
    QString m_filter; ///< without the quotes of a whole word
    bool m_isWord = false;
    std::uint64_t m_lost = 0;
    bool m_keepsNormalExits = false;
};

/// An event as a line of the log.
LogLine logLine(const fiberscope::Event& event);

} // namespace fiberscope::widgets
