// SPDX-License-Identifier: BSL-1.0
/// The initialisers of function-local statics. Compiled code asks `__cxa_guard_acquire` for each; the library's blocks its
/// thread until another has come to the end of the initialiser. If both are processes of one scheduler that is for ever: who is
/// in the initialiser cannot go on, as the scheduler waits in the other one. So this takes the library's place: a process that
/// has to wait parks, and one that is given up in the middle of an initialiser leaves it to the next who comes.
#pragma once

#include <cstdint>

namespace fiberscope::detail::static_guard {

/// The first word of a static's guard, as libstdc++ for Linux keeps it: code of libraries may have been compiled against that
/// one.
/// **Source:** Itanium C++ ABI, 3.3.3; libsupc++'s guard.cc for the two bits that the ABI leaves to the library.
using Word = std::uint32_t;

/// The initialiser did not come to its end: the next who comes runs it again. **Thread:** any.
void give_back(Word& guard) noexcept;

} // namespace fiberscope::detail::static_guard
