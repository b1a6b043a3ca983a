// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/arguments.hpp"

#include <fmt/format.h>

#include <charconv>

namespace fiberscope::app {

NumberResult parse_number(std::string_view text, const NumberRange& range) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || rest != end || number < range.min || number > range.max)
        return fmt::format("'{}' is not a number of {} from {} to {}", text, range.what, range.min, range.max);
    return number;
}

NumbersResult parse_numbers(std::string_view text, const NumberRange& first, const NumberRange& second,
                            std::uint64_t second_default) {
    const auto cross = text.find('x');
    if (cross == std::string_view::npos) {
        const auto only = parse_number(text, first);
        return only ? NumbersResult{std::pair{*only, second_default}} : only.error();
    }
    if (cross == 0 || cross + 1 == text.size())
        return fmt::format("'{}' is neither a number of {} nor that, an x and a number of {}", text, first.what, second.what);
    const auto left = parse_number(text.substr(0, cross), first);
    const auto right = parse_number(text.substr(cross + 1), second);
    if (left && right)
        return std::pair{*left, *right};
    return fmt::format("'{}': {}", text, left ? right.error() : left.error());
}

} // namespace fiberscope::app
