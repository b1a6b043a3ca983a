// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/pid.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>

namespace fiberscope {

std::string to_string(Pid pid) {
    return fmt::format("<0.{}.{}>", pid.slot(), pid.serial());
}

std::string to_string(Ref ref) {
    return fmt::format("#Ref<0.{}>", ref.bits());
}

Pid parse_pid(std::string_view text, std::uint32_t node) {
    const bool bracketed = text.starts_with('<') && text.ends_with('>') && text.size() > 2;
    if (bracketed)
        text = text.substr(1, text.size() - 2);
    std::array<std::uint32_t, 3> numbers{};
    std::size_t count = 0;
    for (const char* at = text.data(); count < numbers.size(); ++at) {
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(at, end, numbers[count]);
        if (error != std::errc{})
            return {};
        ++count;
        at = stop;
        if (at == end)
            break;
        if (*at != '.' || count == numbers.size())
            return {};
    }
    if (count == 1 && !bracketed)
        numbers = {0, numbers[0], 0};
    else if (count != 3 || numbers[0] != 0)
        return {};
    return numbers[1] <= 0x3fffffU ? Pid{node, numbers[1], numbers[2]} : Pid{};
}

} // namespace fiberscope
