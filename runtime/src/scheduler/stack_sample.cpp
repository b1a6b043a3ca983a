// SPDX-License-Identifier: BSL-1.0
#include "scheduler/stack_sample.hpp"

#include <algorithm>
#include <utility>

#include <unwind.h>

namespace fiberscope::detail {

namespace {

constexpr std::uintptr_t word = sizeof(std::uintptr_t);

__attribute__((no_sanitize("address"))) std::uintptr_t word_at(std::uintptr_t address) noexcept {
    return *reinterpret_cast<const std::uintptr_t*>(address);
}

struct Unwinding {
    StackSpan span;
    StackSample& sample;
    bool is_first = true;
};

/// One frame after the other, as far as the innermost ones go; of those behind them the frame pointers tell.
_Unwind_Reason_Code unwind_one(_Unwind_Context* context, void* data) {
    auto& unwinding = *static_cast<Unwinding*>(data);
    if (std::exchange(unwinding.is_first, false))
        return _URC_NO_REASON; // unwind_frames itself
    const std::uintptr_t address = _Unwind_GetIP(context);
    if (address == 0 || _Unwind_GetCFA(context) >= unwinding.span.high)
        return _URC_END_OF_STACK;
    unwinding.sample.add(address);
    if (unwinding.sample.seen() < StackSample::innermost)
        return _URC_NO_REASON;
    walk_frames(_Unwind_GetGR(context, dwarf_frame_pointer), unwinding.span, unwinding.sample);
    return _URC_END_OF_STACK;
}

} // namespace

void StackSample::add(std::uintptr_t return_address) noexcept {
    const std::size_t place = seen_ < innermost ? seen_ : innermost + (seen_ - innermost) % outermost;
    addresses_[place] = return_address;
    ++seen_;
}

RawStack StackSample::raw() const {
    RawStack stack;
    const std::size_t kept = std::min(seen_, addresses_.size());
    stack.addresses.assign(addresses_.begin(), addresses_.begin() + static_cast<std::ptrdiff_t>(kept));
    if (seen_ > addresses_.size()) {
        stack.left_out = static_cast<std::uint32_t>(seen_ - addresses_.size());
        stack.left_out_after = innermost;
        const auto oldest = static_cast<std::ptrdiff_t>((seen_ - innermost) % outermost);
        std::rotate(stack.addresses.begin() + innermost, stack.addresses.begin() + innermost + oldest, stack.addresses.end());
    }
    return stack;
}

void walk_frames(std::uintptr_t frame, StackSpan span, StackSample& sample) noexcept {
    while (frame >= span.low && frame % word == 0 && frame + 2 * word <= span.high) {
        const std::uintptr_t return_address = word_at(frame + word);
        if (return_address == 0)
            return;
        sample.add(return_address);
        const std::uintptr_t outer = word_at(frame);
        if (outer <= frame)
            return;
        frame = outer;
    }
}

std::uintptr_t find_word(StackSpan span, bool (*is_such_code)(std::uintptr_t) noexcept) noexcept {
    for (std::uintptr_t at = (span.low + word - 1) / word * word; at + word <= span.high; at += word)
        if (is_such_code(word_at(at)))
            return at;
    return span.high;
}

std::uintptr_t find_frame(StackSpan span, bool (*is_such_code)(std::uintptr_t) noexcept) noexcept {
    for (std::uintptr_t at = find_word(span, is_such_code); at < span.high;
         at = find_word({at + word, span.high}, is_such_code)) {
        const std::uintptr_t frame = at - word;
        const std::uintptr_t next = frame >= span.low ? word_at(frame) : 0;
        if (next > frame && next < span.high)
            return frame;
    }
    return span.high;
}

void unwind_frames(StackSpan span, StackSample& sample) noexcept {
    Unwinding unwinding{span, sample};
    _Unwind_Backtrace(&unwind_one, &unwinding);
}

} // namespace fiberscope::detail
