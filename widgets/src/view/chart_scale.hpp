// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMap>
#include <QString>

#include <chrono>
#include <functional>

/// Where a chart's axes have their lines, and what stands beside them.
/// **Thread:** any thread.
namespace fiberscope::widgets {

using ChartTicks = QMap<double, QString>;

/// Seven lines from `edge - length` to `edge`: `60s`, `50s`, ... `0s`, as Erlang's observer has them.
ChartTicks liveTicks(double edge, double length);
/// Four to eight lines at round times of the day; `origin` is the time at 0.
ChartTicks clockTicks(double from, double to, std::chrono::system_clock::time_point origin);
/// The smallest round value that is not below `value` and that four rows divide into round steps.
double roundedTop(double value);
/// Five lines from 0 to `top`; the labels read as `text` prints them.
ChartTicks valueTicks(double top, const std::function<QString(double)>& text);

} // namespace fiberscope::widgets
