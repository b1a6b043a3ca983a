// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/events.hpp>
#include <fiberscope/pid.hpp>

#include <QString>

#include <chrono>
#include <string_view>

/// Numbers and values as Erlang's observer prints them.
/// **Thread:** any thread.
/// **Source:** `observer_lib:to_str/1` of Erlang/OTP.
namespace fiberscope::widgets {

QString toQString(std::string_view text);
/// `<0.90.0>`; an empty text for the default Pid.
QString pidText(fiberscope::Pid pid);
/// `kv_shard_2 <0.90.0>`, or the pid alone if `name` is empty or `undefined`.
QString namedPidText(std::string_view name, fiberscope::Pid pid);
/// `106 KiB`, `12 MiB`: the next unit from more than ten of it on.
QString bytesText(quint64 bytes);
/// `21 Secs`, `5 Mins`, `3 Hours`, `2 Days`: whole ones of the largest unit that has one.
QString upTimeText(std::chrono::nanoseconds time);
/// `38 µs`, `1.2 ms`, `3.4 s`.
QString shortTimeText(std::chrono::microseconds time);
/// Digits in groups of three: `1,048,576`.
QString countText(quint64 count);
/// A rate in at most four characters and a letter: `0`, `12`, `3.4k`, `120k`, `1.2M`.
QString rateText(double perSecond);
/// `70 / 1048576 (0 % used)`.
QString limitText(quint64 count, quint64 limit);
/// `14:03:07.123`, local time.
QString clockText(std::chrono::system_clock::time_point at);
/// A pattern that finds printed pids in a text.
inline constexpr char pidPattern[] = R"(<\d+\.\d+\.\d+>)";

} // namespace fiberscope::widgets
