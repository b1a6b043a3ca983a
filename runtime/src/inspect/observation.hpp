// SPDX-License-Identifier: BSL-1.0
/// How a Node is looked at from outside, with names in place of addresses. Nothing here stops a scheduler.
#pragma once

#include "process/process_system.hpp"

#include <fiberscope/inspect.hpp>
#include <fiberscope/snapshot.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace fiberscope::detail {

/// Node and scheduler figures. **Thread:** any but a scheduler's.
void take_counters(const ProcessSystem& system, Snapshot& snapshot);
/// All of it. **Thread:** any but a scheduler's.
void take_snapshot(const ProcessSystem& system, Snapshot& snapshot);

/// Interned name of the function that a process began with: the one it was given, else that of the body's address or type.
/// **Thread:** any but a scheduler's.
std::uint32_t initial_function(std::uint32_t given, std::uintptr_t address, const char* type);

/// Names the initial functions of exits and in crash reports. **Thread:** any but a scheduler's.
void name_functions(EventBatch& batch);

/// Asks processes about themselves and hands all answers over at once. **Thread:** any.
void inspect_processes(ProcessSystem& system, const std::vector<Pid>& processes, Inspect what, PageRange range,
                       InspectionHandler handler);

} // namespace fiberscope::detail
