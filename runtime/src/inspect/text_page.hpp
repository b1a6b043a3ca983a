// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/inspect.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace fiberscope::detail {

/// Some lines of a long text.
struct TextPage {
    std::string text;      ///< the lines, separated by `\n`
    std::size_t lines = 0; ///< that the whole text has
};

/// Breaks a printed term into lines, after commas between its parts where that is possible, and takes those of `range`.
TextPage page_of_lines(std::string_view term, PageRange range);

} // namespace fiberscope::detail
