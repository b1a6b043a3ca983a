// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace fiberscope::detail {

/// Descriptor 2, as long as it is what the program was started with, or a terminal. A program that was started without one,
/// or has closed it, gets the number for the next file that it opens: nothing may be written into that.
/// **Thread:** any; async-signal-safe.
namespace standard_error {

bool is_open() noexcept;
/// False if that could not be written, or not all of it. **Blocks:** while the reader is slow, a second at most.
bool write(std::string_view text) noexcept;
/// Wherever the program has sent its standard error since; nowhere if it was started without one. **Blocks:** as `write`.
void say(std::string_view text) noexcept;

} // namespace standard_error

/// Writes all of `text`. False if that cannot be done; errno says why. **Blocks:** as the file does, and up to a second on one
/// that does not want to. Async-signal-safe.
bool write_all(int file, std::string_view text) noexcept;

} // namespace fiberscope::detail
