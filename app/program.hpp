// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "command_line.hpp"

namespace fiberscope::app {

/// Exit status after a wrong option or value, without a display, or with a file that cannot be written.
inline constexpr int exitRefused = 2;

/// Writes `fiberscope: LINE` to standard error.
void printError(const QString& line);

/// Runs the node, the workloads and the window until they end; returns the exit status.
/// To be called once, with a QApplication. **Thread:** GUI thread.
int runProgram(const Options& options);

} // namespace fiberscope::app
