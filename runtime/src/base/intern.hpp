// SPDX-License-Identifier: BSL-1.0
/// The program-wide table of interned names behind Atom and the name ids of snapshot rows.
#pragma once

#include <fiberscope/term.hpp>

#include <cstdint>
#include <string_view>

namespace fiberscope {

/// The id of a text; the same text always has the same id. Ids count from 0, which is `undefined`.
/// **Thread:** any. **Blocks:** never for a text that is known; a new one takes a mutex.
/// **Errors:** throws Error{system_limit} when 4,194,304 texts are interned.
std::uint32_t intern(std::string_view text);

/// How many texts are interned. **Thread:** any.
std::uint32_t intern_count() noexcept;

/// Atoms with ids known at compile time: naming them costs no look-up.
namespace atoms {
inline constexpr Atom undefined = Atom::from_id(0);
inline constexpr Atom normal = Atom::from_id(1);
inline constexpr Atom shutdown = Atom::from_id(2);
inline constexpr Atom kill = Atom::from_id(3);
inline constexpr Atom killed = Atom::from_id(4);
inline constexpr Atom noproc = Atom::from_id(5);
inline constexpr Atom error = Atom::from_id(6);
inline constexpr Atom timeout = Atom::from_id(7);
inline constexpr Atom badarg = Atom::from_id(8);
inline constexpr Atom system_limit = Atom::from_id(9);
} // namespace atoms

} // namespace fiberscope
