// SPDX-License-Identifier: BSL-1.0
/// What a supervisor tells the log and the event ring, in the words of OTP's reports (rule S22).
#pragma once

#include "behaviour/child_table.hpp"

#include <fiberscope/events.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fiberscope::detail {

class SupervisorReports {
public:
    /// `name`: the registered name of the supervisor `self`; `undefined` if it has none.
    SupervisorReports(Process& self, Atom name) noexcept : self_{&self}, name_{name} {}

    /// A child's process stands: a progress report.
    void started(const Child& child, Pid pid);
    /// `context` is `child_terminated`, `start_error` or `shutdown_error`; `pid` is the process it is about, if any.
    void failed(std::string_view context, const Child& child, Pid pid, const ExitReason& reason);
    /// Children of a simple_one_for_one supervisor ended badly when told to stop, all with the same reason.
    void failed_to_stop(const ChildSpec& spec, std::size_t count, const ExitReason& reason);
    /// A running child replaced the process `old_pid`: a restart record.
    void restarted(const Child& child, Pid old_pid, std::int64_t now_ns);
    /// The restart intensity is reached.
    void gave_up(const Child& child);

private:
    void report(std::string_view context, Pid about, const ExitReason& reason, std::string offender);
    std::string supervisor_text() const;
    /// A child as OTP's extract_child shows it; `first` says which process, or how many.
    std::string offender(const std::string& first, const ChildSpec& spec);
    std::string function_text(const ChildSpec& spec);

    Process* self_;
    Atom name_;
    std::unordered_map<const char*, std::string> functions_; ///< printed names by mangled type
};

} // namespace fiberscope::detail
