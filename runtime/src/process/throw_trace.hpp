// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/events.hpp>

#include <optional>

namespace fiberscope::detail {

/// Where the exception that is being handled was thrown; nothing if that is no longer known: a scheduler keeps the places
/// of its last few exceptions. They are noted as they are thrown, by a `__cxa_throw` of ours in front of the library's, in
/// processes only; clean ends are not worth it. One that was thrown elsewhere (in `blocking`, in a std::thread) is noted where
/// the process rethrows it.
/// An address alone does not name an exception: the next one gets the memory of the last. So each piece of memory that is
/// given out for one is counted, by a `__cxa_allocate_exception` of ours, and a place holds as long as its count does.
/// **Thread:** the one that threw. **Pre-condition:** called in a catch clause, or by `std::terminate`.
std::optional<RawStack> stack_of_current_exception();

} // namespace fiberscope::detail
