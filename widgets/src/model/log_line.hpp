// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/events.hpp>
#include <fiberscope/pid.hpp>

#include <QHash>
#include <QString>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace fiberscope::widgets {

/// One line of the log.
struct LogLine {
    std::chrono::system_clock::time_point at;
    fiberscope::LogLevel level = fiberscope::LogLevel::info;
    fiberscope::Pid pid;        ///< whom a double-click goes to: the live one of those that the line names
    QString name;               ///< its registered name, label or initial function, where the event tells it
    QString process;            ///< `kv_shard_2 <0.90.0>`, one line
    QString text;               ///< one line
    fiberscope::Pid oldPid;     ///< a restart: whom `pid` follows
    fiberscope::Pid supervisor; ///< a restart: who made it
    QString supervisorName;     ///< its registered name
    std::shared_ptr<const fiberscope::LogEntry> report; ///< what was logged, where the line stands for it
    QString stack;                                      ///< an exit: where it was, if not normal; a line a frame
    bool isExit = false;                                ///< says how `pid` ended
    bool isLoss = false;                                ///< says how many events are missing here
};

/// Lines in the order of their events. They never change, so that any thread may make, keep and free them.
using LogLines = std::vector<std::shared_ptr<const LogLine>>;

/// What processes were called in lines so far, by Pid::bits(): for lines whose event does not tell it.
using KnownNames = QHash<quint64, QString>;

/// An event as a line of the log. **Thread:** any.
LogLine logLine(const fiberscope::Event& event);
/// The newest `most` lines of a batch, and before them one that says how many events the ring lost. Exits for clean reasons
/// (normal, shutdown) are many and say little: they are lines only if asked for. The batch adds to the known names.
/// **Thread:** any.
LogLines logLines(const fiberscope::EventBatch& batch, bool keepsNormalExits, std::size_t most, KnownNames& known);
/// How many lines that would be with no limit. **Thread:** any.
std::size_t lineCount(const fiberscope::EventBatch& batch, bool keepsNormalExits);

} // namespace fiberscope::widgets
