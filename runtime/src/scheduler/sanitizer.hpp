// SPDX-License-Identifier: BSL-1.0
/// Tells AddressSanitizer which stack is in use: without this it reports frames that an exception has left as overflows.
/// The distribution's Boost.Context is not built for sanitizers, so we say it ourselves, at every switch. Nothing in
/// other builds.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_THREAD__)
#define FIBERSCOPE_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FIBERSCOPE_THREAD_SANITIZER
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace fiberscope::detail {

/// Bounds of a stack.
struct StackBounds {
    const void* low_end = nullptr;
    std::size_t bytes = 0;
};

#if defined(__SANITIZE_ADDRESS__)
inline void sanitizer_begins_switch(StackBounds to) noexcept {
    __sanitizer_start_switch_fiber(nullptr, to.low_end, to.bytes);
}
inline void sanitizer_ends_switch() noexcept {
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
}
inline void sanitizer_forgets(const void* low_end, std::size_t bytes) noexcept {
    __asan_unpoison_memory_region(low_end, bytes);
}
#else
inline void sanitizer_begins_switch(StackBounds /*to*/) noexcept {}
inline void sanitizer_ends_switch() noexcept {}
inline void sanitizer_forgets(const void* /*low_end*/, std::size_t /*bytes*/) noexcept {}
#endif

} // namespace fiberscope::detail
