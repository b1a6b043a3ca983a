// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/events.hpp>

#include <QString>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// The fields of a report in the log, as they are shown.
/// **Thread:** any thread.
namespace fiberscope::widgets {

/// The elements of a printed list of pairs with atoms in front (`[{pid,<0.90.0>},{id,till}]`), each value printed; empty for any
/// other text. `node` is the node that printed it.
std::vector<std::pair<QString, QString>> pairsOf(const std::string& value, std::uint32_t node);
/// A report in one line: its title says only its kind, the most telling fields make the line readable.
QString reportText(const fiberscope::LogEntry& report, std::uint32_t node);
/// The id of the child that a supervisor's report is about, if that is this process; else empty.
QString childIdOf(const fiberscope::LogEntry& report, fiberscope::Pid pid);
/// The value of a field; empty if there is none.
QString fieldOf(const fiberscope::LogEntry& report, std::string_view wanted);

} // namespace fiberscope::widgets
