// SPDX-License-Identifier: BSL-1.0
/// What long tests need: how long, and whether something grows.
#pragma once

#include "sanitizers.hpp"

#include <QtTest>

#include <cstddef>

#include <malloc.h>
#if defined(FIBERSCOPE_ADDRESS_SANITIZER)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes(); // g++ has it, but no header for it
#endif

namespace fiberscope::test {

inline int from_environment(const char* name, int otherwise) {
    bool is_number = false;
    const int value = qEnvironmentVariableIntValue(name, &is_number);
    return is_number ? value : otherwise;
}

/// Bytes that the program's heap holds.
inline std::size_t heap_bytes() {
#if defined(FIBERSCOPE_ADDRESS_SANITIZER)
    return __sanitizer_get_current_allocated_bytes();
#else
    return ::mallinfo2().uordblks;
#endif
}

} // namespace fiberscope::test
