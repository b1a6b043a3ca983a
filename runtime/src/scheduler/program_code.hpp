// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>

namespace fiberscope::detail {

/// Where in memory whose code lies, so that a signal handler can tell what it has interrupted.
/// **Thread:** any; all but `find` are async-signal-safe. Before `find` nothing is known.
namespace program_code {

/// Reads the loaded objects, once a program.
void find();
/// The program's own text.
bool is_own(std::uintptr_t pc) noexcept;
/// The unwinder takes no lock: a signal handler may use it, and it may be interrupted.
bool is_unwinder_safe() noexcept;
/// libgcc's unwinder, if it may be interrupted: it takes no lock and keeps no state but on the stack.
bool is_unwinder(std::uintptr_t pc) noexcept;
/// Code that a process may be given up in at a hardware fault: its own, and that of libraries which hold no lock there
/// (libstdc++, libm, the string functions of libc).
bool may_be_left(std::uintptr_t pc) noexcept;

} // namespace program_code

} // namespace fiberscope::detail
