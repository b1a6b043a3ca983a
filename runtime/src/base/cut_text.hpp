// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>

namespace fiberscope::detail {

/// A character of UTF-8 begins with this byte.
inline bool begins_character(char byte) noexcept {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
}

/// Leaves at most so many bytes, of which the last are `...` if that was less than all. Cuts no character of UTF-8.
/// **Pre-condition:** they are at least three.
inline void cut_text(std::string& text, std::size_t most_bytes) {
    if (text.size() <= most_bytes)
        return;
    std::size_t end = most_bytes - 3;
    while (end > 0 && !begins_character(text[end]))
        --end;
    text.resize(end);
    text += "...";
}

} // namespace fiberscope::detail
