// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/events.hpp>

#include <QString>

namespace fiberscope::widgets {

/// An event as one readable line, of any length: `kv_sup restarted kv_shard_2: <0.90.0> -> <0.131.0> after 38 µs (killed)`.
/// **Thread:** any thread.
QString eventText(const fiberscope::Event& event);
/// Why a process ended, with what the reason does not tell: `killed (heap over 1000000 bytes, abandoned)`. As it is: whoever puts
/// it beside other text makes a line of it.
QString endReasonText(const fiberscope::Event& event);
/// The name that an event's process had: registered name or label, else the initial function; may be empty.
std::string_view eventProcessName(const fiberscope::Event& event);
/// Of an application's end: nobody stopped it, and its work was not done.
bool isByItself(const fiberscope::ExitReason& reason);
/// How much an event matters, in the words of the log.
fiberscope::LogLevel eventLevel(const fiberscope::Event& event);

} // namespace fiberscope::widgets
