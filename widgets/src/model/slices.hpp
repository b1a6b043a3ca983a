// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/pid.hpp>

#include <QList>

#include <functional>

class QObject;

namespace fiberscope::widgets {

/// So many processes are done something to before the GUI thread is free again.
inline constexpr qsizetype sliceOfProcesses = 2'000;

/// Calls `deed` for each process, in slices: the first at once, the others when nothing else is to be done; then `done`. It goes
/// on until then unless `owner` ends.
/// **Thread:** GUI thread.
void forEachInSlices(QObject& owner, const QList<fiberscope::Pid>& pids, std::function<void(fiberscope::Pid)> deed,
                     std::function<void()> done);

} // namespace fiberscope::widgets
