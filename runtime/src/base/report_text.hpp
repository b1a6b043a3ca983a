// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/term.hpp>

#include <cstddef>
#include <string>

namespace fiberscope::detail {

/// Bytes of a field of a report; more is cut: in a report nobody turns pages.
constexpr std::size_t longest_report_field = std::size_t{16} * 1024;

/// A term of the user's as a field of a report.
inline std::string report_text(const Term& term) {
    return to_string(term, longest_report_field);
}

} // namespace fiberscope::detail
