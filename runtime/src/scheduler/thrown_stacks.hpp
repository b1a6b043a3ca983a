// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "scheduler/stack_sample.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace fiberscope::detail {

/// Where the last exceptions of a scheduler's thread were thrown. They nest, and others are thrown while one unwinds.
/// Part of the scheduler, not thread_local: what is thread_local of a library that is loaded later is short.
struct ThrownStacks {
    struct Thrown {
        const void* exception = nullptr;
        std::uint64_t allocation = 0; ///< the count of its memory then
        StackSample stack;
    };
    std::array<Thrown, 4> thrown;
    std::size_t next = 0;
};

} // namespace fiberscope::detail
