// SPDX-License-Identifier: BSL-1.0
/// What keeps one process from taking others down: limits, guards of stacks, and what counts as the program's own code.
#pragma once

#include <fiberscope/config.hpp>

#include <cstddef>
#include <cstdint>

namespace FIBERSCOPE_API fiberscope {

/// What happens to a process that passes a limit: a warning in the log (once, until it is down to half of it again), or
/// its end with the reason `killed`, which cannot be trapped, and an error in the log.
enum class OverLimit : std::uint8_t { warn, kill };

/// A limit of what a process may hold.
struct Limit {
    std::size_t most = 0; ///< 0: no limit
    OverLimit then = OverLimit::kill;
};

/// How an overflow of a process's stack is caught. Below every stack lie a zone that is opened where an overflow happens in
/// a library, until that has returned, and a page that stays closed.
enum class StackGuards : std::uint8_t {
    automatic,  ///< the first of these that works
    advice,     ///< `MADV_GUARD_INSTALL` (Linux 6.13): every stack, and no mapping of their own
    protection, ///< `mprotect`: up to 30,000 stacks, as many as the kernel's limit of mappings lets be; the others as `checks`
    checks,     ///< no page faults: a process that has come too far ends when it next gives way
};

/// Takes the shared library that `symbol` lies in for the program's own code, as the executable is: its processes are
/// interrupted there, and end alone at a fault or an overflow of their stack. It is held from then on: dlclose does not unload
/// it any more. For one that is loaded from the start `NodeConfig::own_modules` does the same.
/// Not for a library that has locks or a state of its own which a process could leave half changed in the middle of its code.
/// **Thread:** any. **Errors:** std::invalid_argument if nothing is loaded at that address, or it holds malloc or the loader;
/// std::length_error beyond some hundred libraries.
void trust_module(const void* symbol);
template <class Result, class... Arguments>
void trust_module(Result (*function)(Arguments...)) {
    trust_module(reinterpret_cast<const void*>(function));
}

} // namespace fiberscope
