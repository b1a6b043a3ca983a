// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/config.hpp>

#include <cstdint>
#include <string_view>

namespace FIBERSCOPE_API fiberscope {

/// Strict classes, as in BEAM: a ready `max` or `high` process keeps all lower ones of its scheduler waiting;
/// `normal` and `low` share one queue, in which a low one is taken one turn in eight (rule F02).
enum class Priority : std::uint8_t { low, normal, high, max };

std::string_view to_string(Priority priority) noexcept;

} // namespace fiberscope
