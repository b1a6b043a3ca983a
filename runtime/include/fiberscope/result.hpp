// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/message.hpp>

#include <boost/system/result.hpp>

namespace FIBERSCOPE_API fiberscope {

/// The value, or the exit reason of what failed: `noproc`, `timeout`, the reason with which a server ended, ...
template <class T>
using Result = boost::system::result<T, ExitReason>;
template <class T>
struct detail::is_standard_message<Result<T>> : all_messages<T> {};
/// What `Result::value()` of a failed result throws.
[[noreturn]] void throw_exception_from_error(const ExitReason& reason, const boost::source_location& location);

} // namespace fiberscope
