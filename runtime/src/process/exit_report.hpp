// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "process/control_block.hpp"

namespace fiberscope::detail {

/// Counts the end of a process, and tells the event ring. `name`: the registered name that it had.
/// **Thread:** the process's own.
void record_exit(const Life& life, const ExitReason& reason, Atom name);

/// As OTP's crash report (rules P10, G11, S22). Messages are printed, which is user code. **Thread:** the process's own.
void report_crash(const Life& life);

} // namespace fiberscope::detail
