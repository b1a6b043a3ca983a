// SPDX-License-Identifier: BSL-1.0
/// Calls, starts, stops and tasks that wait for each other in a circle: none of them can be answered.
#pragma once

#include <fiberscope/process.hpp>

#include <memory>
#include <optional>
#include <string>

namespace fiberscope::detail {

class Life;
class PendingReply;
class ProcessSystem;

/// Waits for what `server` answers, as PendingReply::wait. Who has waited for five seconds, or to the timeout, looks whether that
/// is in a circle, or for one, and says so in the log.
/// **Blocks:** parks. **Errors:** as PendingReply::wait.
std::optional<Result<std::unique_ptr<MessageSignal>>> await_reply(Life& caller, PendingReply& reply, Pid server,
                                                                  Duration timeout);

/// `alice -> bob -> alice` if what `first` waits for leads into a circle; else empty.
/// **Thread:** that of `first`, while it waits.
std::string call_cycle(const ProcessSystem& system, Pid first);

} // namespace fiberscope::detail
