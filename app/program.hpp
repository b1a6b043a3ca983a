// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "command_line.hpp"

namespace fiberscope {
class Node;
namespace widgets {
class ObserverWindow;
}
} // namespace fiberscope

namespace fiberscope::app {

class WorkloadToolbar;

/// Exit status after a wrong option or value, without a display, or with a file that cannot be written.
inline constexpr int exitRefused = 2;

/// Writes `fiberscope: LINE` to standard error.
void printError(const QString& line);

/// Gives the window a toolbar with Pause, Refresh and the workloads. What the toolbar does is told in the window, and shown
/// there also while its tables are refreshed only when asked for.
WorkloadToolbar* addToolbar(widgets::ObserverWindow& window, Node& node);

/// Runs the node, the workloads and the window until they end; returns the exit status.
/// To be called once, with a QApplication. **Thread:** GUI thread.
int runProgram(const Options& options);

} // namespace fiberscope::app
