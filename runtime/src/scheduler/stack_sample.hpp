// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/events.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace fiberscope::detail {

/// Return addresses of a stack, innermost first, kept without allocating: of a deep stack the innermost ones and some of
/// the outermost. Filled by a signal handler, or where memory may be short.
class StackSample {
public:
    void clear() noexcept { seen_ = 0; }
    void add(std::uintptr_t return_address) noexcept;
    bool empty() const noexcept { return seen_ == 0; }
    std::size_t seen() const noexcept { return seen_; }
    /// As events carry it. **Errors:** std::bad_alloc.
    RawStack raw() const;

    static constexpr std::size_t innermost = 24;
    static constexpr std::size_t outermost = 8;

private:
    std::array<std::uintptr_t, innermost + outermost> addresses_{}; ///< the outermost ones go round
    std::size_t seen_ = 0;
};

/// A part of memory in which frames lie.
struct StackSpan {
    std::uintptr_t low;
    std::uintptr_t high;
};

inline constexpr int dwarf_frame_pointer = 6; ///< rbp, as an unwinder counts registers

/// Adds the return addresses along the chain of frame pointers that begins at `frame`. The frames lie in `span` and
/// rise; foreign code without frame pointers may break the chain: then it ends early.
/// **Thread:** the one whose stack it is, or any while it stands still; async-signal-safe.
void walk_frames(std::uintptr_t frame, StackSpan span, StackSample& sample) noexcept;

/// The first place in `span` whose word is the address of such code; its end if there is none. Async-signal-safe.
std::uintptr_t find_word(StackSpan span, bool (*is_such_code)(std::uintptr_t) noexcept) noexcept;
/// The first place that looks like a frame: a higher frame pointer, then a return address into such code.
std::uintptr_t find_frame(StackSpan span, bool (*is_such_code)(std::uintptr_t) noexcept) noexcept;

/// Adds the return addresses of the calling function and its callers, through code without frame pointers as well: by the
/// unwinder. Takes some microseconds. **Thread:** the one whose stack it is; not in a signal handler.
void unwind_frames(StackSpan span, StackSample& sample) noexcept;

} // namespace fiberscope::detail
