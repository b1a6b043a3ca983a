// SPDX-License-Identifier: BSL-1.0
/// Calls that wait for each other in a circle: none of them can be answered.
#pragma once

#include <fiberscope/process.hpp>

#include <memory>
#include <optional>
#include <string>

namespace fiberscope::detail {

class Life;
class PendingReply;
class ProcessSystem;

/// Waits for the reply of `server`, as PendingReply::wait. A call that has waited for five seconds, or to its timeout, looks
/// whether it waits in a circle of calls, or for one, and says so in the log.
/// **Blocks:** parks. **Errors:** as PendingReply::wait.
std::optional<Result<std::unique_ptr<MessageSignal>>> await_reply(Life& caller, PendingReply& reply, Pid server,
                                                                  Duration timeout);

/// `alice -> bob -> alice` if the calls that begin with that of `first` lead into a circle; else empty.
/// **Thread:** that of `first`, while it waits in a call.
std::string call_cycle(const ProcessSystem& system, Pid first);

} // namespace fiberscope::detail
