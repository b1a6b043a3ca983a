// SPDX-License-Identifier: BSL-1.0
/// What the tests of names of functions share.
#pragma once

#include <QString>

#include <fiberscope/snapshot.hpp>

#include <cstdint>
#include <string>

namespace fiberscope::test {

template <class Function>
std::uintptr_t address(Function* function) {
    return reinterpret_cast<std::uintptr_t>(function);
}

inline QString name(std::uint32_t id) {
    return QString::fromStdString(std::string{name_of(id)});
}

} // namespace fiberscope::test
