// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "process/process_system.hpp"
#include "scheduler/fault_signal.hpp"

#include <memory>

namespace fiberscope::detail {

/// The report of a fault that ends the program: process, stack and the last lines of the log, on standard error and in a
/// file of the folder for temporary files, whose path it prints.
namespace crash_report {

/// Reports quote the log of this Node while it lives. Starts the thread that writes them. **Thread:** any.
void watch(std::weak_ptr<ProcessSystem> system);
/// Writes the report; to be called in a signal handler. The thread that crashed may hold any lock, so another one writes
/// it, and is waited for with a limit; should that be over, a line without names is written.
/// **Blocks:** up to five seconds.
void write(const Crash& crash) noexcept;

} // namespace crash_report

} // namespace fiberscope::detail
