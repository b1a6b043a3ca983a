// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QPalette;

namespace fiberscope::widgets {

struct LogLine;

/// A line of the log with all fields of its report, as rich text in which pids are links (`pid:<0.90.0>`).
/// **Thread:** GUI thread.
QString reportHtml(const LogLine& line, const QPalette& palette);

} // namespace fiberscope::widgets
