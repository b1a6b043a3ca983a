// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <chrono>

/// Counts, rates and times as the pages print them.
/// **Thread:** any thread.
namespace fiberscope::widgets {

/// Digits in groups of three: `1,048,576`.
QString countText(quint64 count);
/// `1 event`, `2,000 events`.
QString countText(quint64 count, const char* one, const char* several);
/// A rate in at most four characters and a letter: `0`, `12`, `3.4k`, `120k`, `1.2M`.
QString rateText(double perSecond);
/// `70 / 1048576 (0 % used)`, as Erlang's observer prints it.
QString limitText(quint64 count, quint64 limit);
/// `14:03:07.123`, local time.
QString clockText(std::chrono::system_clock::time_point at);

} // namespace fiberscope::widgets
