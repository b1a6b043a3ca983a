// SPDX-License-Identifier: BSL-1.0
/// How the exit reason of a fault reads.
#pragma once

#include <fiberscope/config.hpp>

#include <string>
#include <string_view>

namespace FIBERSCOPE_API fiberscope {

/// A printed term with addresses as people read them: `{fault,'SIGSEGV',4096}` becomes `{fault,'SIGSEGV',0x1000}`, wherever in
/// the text it stands. Everything that shows reasons to people does this; what programs read keeps the integer.
/// **Thread:** any.
std::string with_hex_addresses(std::string_view printed);

} // namespace fiberscope
