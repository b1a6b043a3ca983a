// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/message.hpp>

#include <string_view>

namespace fiberscope::detail {

namespace {

/// A type of an unnamed namespace, or of a function that only one source file knows, is not what another file means by that
/// name. g++'s type_info knows; clang's does not.
bool belongs_to_one_file(std::string_view mangled_name) noexcept {
    return mangled_name.find("_GLOBAL__N_") != std::string_view::npos || mangled_name.starts_with("ZL");
}

} // namespace

bool is_same_type_elsewhere(const MessageType& left, const MessageType& right) noexcept {
    return left.info != nullptr && right.info != nullptr && // as they are before the program's own initialisers have run
           left.bytes == right.bytes && *left.info == *right.info && !belongs_to_one_file(left.mangled_name);
}

} // namespace fiberscope::detail
