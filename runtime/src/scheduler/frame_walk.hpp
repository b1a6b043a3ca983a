// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fiberscope::detail {

/// Writes the return addresses along the chain of frame pointers that begins at `frame`, innermost first; returns how
/// many. The frames lie between `low` and `top` and rise; foreign code without frame pointers may break the chain: then
/// it ends early.
/// **Thread:** the one whose stack it is, or any while it stands still; async-signal-safe.
[[gnu::no_sanitize("address")]] inline std::size_t walk_frames(std::uintptr_t frame, std::uintptr_t low, std::uintptr_t top,
                                                               std::span<std::uintptr_t> into) noexcept {
    std::size_t count = 0;
    while (count < into.size()) {
        if (frame < low || frame % sizeof(std::uintptr_t) != 0 || frame + 2 * sizeof(std::uintptr_t) > top)
            break;
        const auto* words = reinterpret_cast<const std::uintptr_t*>(frame);
        if (words[1] == 0)
            break;
        into[count++] = words[1];
        if (words[0] <= frame)
            break;
        frame = words[0];
    }
    return count;
}

/// The first place from `low` on whose word is the address of such code; `top` if there is none.
[[gnu::no_sanitize("address")]] inline std::uintptr_t find_word(std::uintptr_t low, std::uintptr_t top,
                                                                bool (*is_such_code)(std::uintptr_t) noexcept) noexcept {
    constexpr std::uintptr_t word = sizeof(std::uintptr_t);
    for (std::uintptr_t at = (low + word - 1) / word * word; at + word <= top; at += word)
        if (is_such_code(*reinterpret_cast<const std::uintptr_t*>(at)))
            return at;
    return top;
}

/// The first place from `low` on that looks like a frame: a higher frame pointer, then a return address into such code.
[[gnu::no_sanitize("address")]] inline std::uintptr_t find_frame(std::uintptr_t low, std::uintptr_t top,
                                                                 bool (*is_such_code)(std::uintptr_t) noexcept) noexcept {
    for (std::uintptr_t at = find_word(low, top, is_such_code); at < top;
         at = find_word(at + sizeof(std::uintptr_t), top, is_such_code)) {
        const std::uintptr_t frame = at - sizeof(std::uintptr_t);
        const std::uintptr_t next = *reinterpret_cast<const std::uintptr_t*>(frame);
        if (frame >= low && next > frame && next < top)
            return frame;
    }
    return top;
}

} // namespace fiberscope::detail
