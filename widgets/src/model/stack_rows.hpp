// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/inspect.hpp>

#include <QList>
#include <QString>

#include <string_view>
#include <utility>
#include <vector>

namespace fiberscope::widgets {

/// A line of a stack trace: a frame, or frames of the runtime that are folded into one.
struct StackRow {
    QString function; ///< `price_of  × 24`, `find (inlined)`, `runtime (5 frames)`
    QString place;    ///< `faults.cpp:48`; empty if unknown
    QString path;     ///< the same with its folders
    QString folded;   ///< the functions that it stands for, one a line; empty: it is a frame
    bool isRuntime = false;
};

/// A stack as it is read: innermost first, the frames of the program and its libraries as they are, of the runtime those
/// in a row as one, unless they are wanted.
/// **Thread:** any thread.
QList<StackRow> stackRows(const std::vector<fiberscope::FrameInfo>& stack, bool showRuntime);
/// A stack that is known as a text only: lines of stack_text().
QList<StackRow> stackRows(std::string_view stackText);

/// A line of stack_text() as function (with whatever else it tells) and place: `price_of`, `faults.cpp:48`.
std::pair<QString, QString> splitStackLine(const QString& line);

} // namespace fiberscope::widgets
