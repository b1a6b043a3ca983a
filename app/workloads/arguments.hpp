// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace fiberscope::app {

/// A number that a workload takes: what it counts, and its range.
struct NumberRange {
    std::string_view what;
    std::uint64_t min;
    std::uint64_t max;
};

using NumberResult = boost::system::result<std::uint64_t, std::string>;
using NumbersResult = boost::system::result<std::pair<std::uint64_t, std::uint64_t>, std::string>;

/// Reads a decimal number. **Errors:** a sentence that names the text and the range.
NumberResult parse_number(std::string_view text, const NumberRange& range);
/// Reads `AxB`, or `A` alone, with `second_default` for B. **Errors:** as above.
NumbersResult parse_numbers(std::string_view text, const NumberRange& first, const NumberRange& second,
                            std::uint64_t second_default);

} // namespace fiberscope::app
