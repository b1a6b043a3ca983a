// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/inspect.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace fiberscope {
namespace {

/// What a reader of a report looks for: the program's functions, and what they called.
bool is_told(const FrameInfo& frame) noexcept {
    return frame.kind == FrameKind::program || (frame.kind == FrameKind::library && !frame.is_inlined);
}

/// Stands for frames that were not kept.
bool is_gap(const FrameInfo& frame) noexcept {
    return frame.function.starts_with("... ");
}

void add_line(std::string& text, const FrameInfo& frame) {
    if (!text.empty())
        text += '\n';
    text += frame.function;
    const std::string_view file = std::string_view{frame.file}.substr(frame.file.rfind('/') + 1);
    if (!file.empty() && frame.line > 0)
        fmt::format_to(std::back_inserter(text), " ({}:{})", file, frame.line);
    else if (!file.empty())
        fmt::format_to(std::back_inserter(text), " ({})", file);
    if (frame.times > 1)
        fmt::format_to(std::back_inserter(text), " × {}", frame.times);
}

} // namespace

std::string stack_text(const std::vector<FrameInfo>& stack) {
    const bool tells_enough =
        std::any_of(stack.begin(), stack.end(), [](const FrameInfo& frame) { return is_told(frame) && !is_gap(frame); });
    std::string text;
    for (const FrameInfo& frame : stack)
        if (is_told(frame) || !tells_enough)
            add_line(text, frame);
    return text;
}

} // namespace fiberscope
