// SPDX-License-Identifier: BSL-1.0
/// A message as the observer shows it.
#pragma once

#include <fiberscope/message.hpp>

#include <string>

namespace fiberscope::detail {

/// The message printed, at most 4 KiB (a longer one ends in `...`); `<unprintable TYPE>` if its formatter throws.
/// **Thread:** who owns the message. Runs the type's own formatter: never call it under a lock.
std::string message_text(const MessageSignal& signal);

} // namespace fiberscope::detail
