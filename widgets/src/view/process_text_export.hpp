// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/gui_relay.hpp"
#include "model/process_frame.hpp"

#include <QList>
#include <QString>

#include <functional>

class QHeaderView;

/// Rows of the process table as text: a line a process, tabs between columns, a first line with the titles.
namespace fiberscope::widgets {

/// The columns that a header shows, in the order in which it shows them.
QList<ProcessColumn> shownColumns(const QHeaderView& header);
/// These processes, as far as the frame has them.
QString processRowsText(const ProcessFrame& frame, const QList<fiberscope::Pid>& pids, const QList<ProcessColumn>& columns);
/// Writes the whole frame into a file on a thread of the pool; then `done` gets one sentence on how it went, by `reply`.
void dumpProcesses(const ProcessFramePtr& frame, const QList<ProcessColumn>& columns, const QString& path,
                   const GuiRelay::Address& reply, std::function<void(const QString&)> done);

} // namespace fiberscope::widgets
