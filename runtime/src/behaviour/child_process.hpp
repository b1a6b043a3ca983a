// SPDX-License-Identifier: BSL-1.0
/// Starting and stopping the process of a child.
#pragma once

#include <fiberscope/supervisor.hpp>

#include <string_view>
#include <vector>

namespace fiberscope::detail {

/// Starts a child linked to the supervisor `self` and waits until it stands.
/// The default Pid: it answered `ignore`. **Blocks:** parks. **Errors:** the reason of the start.
Result<Pid> start_child_process(Process& self, const ChildSpec& spec);

/// Ends a child as its spec says and waits for its end, which no child can prevent (rule S12): `shutdown`, then `kill`
/// after the shutdown time; `kill` at once for brutal_kill. No Exit of it stays behind. Returns its exit reason.
/// **Blocks:** parks.
ExitReason stop_child_process(Process& self, Pid child, const ChildSpec& spec);

/// The same for many children of one spec at once: all are told to stop, then all are waited for, with one shutdown
/// time (rule S17). Returns their exit reasons, in the order of `children`. **Blocks:** parks.
std::vector<ExitReason> stop_child_processes(Process& self, const std::vector<Pid>& children, const ChildSpec& spec);

/// Whether a child that was told to stop may end with this reason without a report (rule S13).
bool is_expected_stop(const ChildSpec& spec, const ExitReason& reason) noexcept;

/// `5000` (milliseconds), `infinity` or `brutal_kill`.
Term to_term(Shutdown shutdown);

/// The name under which the child's process is registered; `undefined` if it has none.
Atom registered_name(const ChildSpec& spec) noexcept;

/// What a child starts with: a name that somebody gave, else a type; neither for a plain function.
struct StartFunctionName {
    std::string_view given;
    const char* mangled_type = nullptr;
};
StartFunctionName start_function_name(const ChildSpec& spec) noexcept;

} // namespace fiberscope::detail
