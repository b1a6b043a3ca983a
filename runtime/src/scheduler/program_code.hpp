// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace fiberscope::detail {

/// Where in memory whose code lies, so that a signal handler can tell what it has interrupted.
/// **Thread:** any; those that only ask are async-signal-safe. Before `find` nothing is known.
namespace program_code {

/// Reads the loaded objects, once a program.
void find();
/// The module that `address` lies in is the program's own from now on, and is never unloaded: so the range of its code, once
/// published, holds for ever. **Errors:** as trust_module.
void trust(const void* address);
/// The same for a loaded one, by its path or name. **Errors:** std::invalid_argument if there is none, too.
void trust_named(const std::string& name);
/// How many pieces the program's own text has: grows with each module that is trusted.
std::size_t own_ranges() noexcept;
/// The program's own text: that of the executable, and of the modules that are trusted.
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
