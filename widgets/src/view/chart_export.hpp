// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

class QWidget;

namespace fiberscope::widgets {

class Chart;
class LoadHistory;

/// Charts as files. **Thread:** GUI thread. **Blocks:** while the file is written.
/// **Errors:** an empty text if all went well, else one sentence that says what did not.

/// A picture of the widget that holds the charts, at twice its size.
QString exportPng(QWidget& charts, const QString& path);
/// A page of vector graphics with the charts where they are in their parent, in light colours.
QString exportPdf(QWidget& parent, const QList<Chart*>& charts, const QString& path);
/// One line a sample: time of the day, seconds since the start of the Node, then a column for each line of each chart.
QString exportCsv(const QList<Chart*>& charts, const LoadHistory& history, const QString& path);

} // namespace fiberscope::widgets
