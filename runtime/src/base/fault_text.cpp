// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/fault_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

namespace fiberscope {
namespace {

constexpr std::string_view start = "{fault,'SIG";

/// Where the address stands in a text that begins as the reason of a fault; empty if it is none.
std::string_view address_in(std::string_view text) noexcept {
    const std::size_t comma = text.find(',', start.size());
    if (comma == std::string_view::npos || text[comma - 1] != '\'')
        return {};
    const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    const auto digits = text.substr(comma + 1);
    const auto end = std::find_if_not(digits.begin(), digits.end(), is_digit);
    return end != digits.end() && *end == '}' ? std::string_view{digits.begin(), end} : std::string_view{};
}

} // namespace

std::string with_hex_addresses(std::string_view printed) {
    std::string text;
    for (std::size_t fault = printed.find(start); fault != std::string_view::npos; fault = printed.find(start)) {
        const std::string_view address = address_in(printed.substr(fault));
        std::uint64_t number = 0;
        std::size_t end = fault + start.size();
        if (std::from_chars(address.data(), address.data() + address.size(), number).ec == std::errc{}) {
            text += printed.substr(0, static_cast<std::size_t>(address.data() - printed.data()));
            text += fmt::format("{:#x}", number);
            end = static_cast<std::size_t>(address.data() - printed.data()) + address.size();
        } else {
            text += printed.substr(0, end);
        }
        printed.remove_prefix(end);
    }
    return text.append(printed);
}

} // namespace fiberscope
