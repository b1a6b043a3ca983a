// SPDX-License-Identifier: BSL-1.0
/// Tells AddressSanitizer which stack is in use: without this it reports frames that an exception has left as overflows.
/// The distribution's Boost.Context is not built for sanitizers, so we say it ourselves, at every switch. Asked at run
/// time, since a program may be compiled with it and the library not (g++'s or clang's, in either).
#pragma once

#include <cstddef>

#if defined(__SANITIZE_THREAD__)
#define FIBERSCOPE_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FIBERSCOPE_THREAD_SANITIZER
#endif
#endif

extern "C" { // defined in programs with a sanitizer
[[gnu::weak]] void __sanitizer_start_switch_fiber(void** fake_stack, const void* low_end, std::size_t bytes);
[[gnu::weak]] void __sanitizer_finish_switch_fiber(void* fake_stack, const void** old_low_end, std::size_t* old_bytes);
[[gnu::weak]] void __asan_unpoison_memory_region(const volatile void* low_end, std::size_t bytes);
[[gnu::weak]] void __tsan_init();
}

namespace fiberscope::detail {

/// Bounds of a stack.
struct StackBounds {
    const void* low_end = nullptr;
    std::size_t bytes = 0;
};

inline bool has_address_sanitizer() noexcept {
    return &__asan_unpoison_memory_region != nullptr;
}
inline bool has_thread_sanitizer() noexcept {
    return &__tsan_init != nullptr;
}

inline void sanitizer_begins_switch(StackBounds to) noexcept {
    if (has_address_sanitizer())
        __sanitizer_start_switch_fiber(nullptr, to.low_end, to.bytes);
}
inline void sanitizer_ends_switch() noexcept {
    if (has_address_sanitizer())
        __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
}
inline void sanitizer_forgets(const void* low_end, std::size_t bytes) noexcept {
    if (has_address_sanitizer())
        __asan_unpoison_memory_region(low_end, bytes);
}

} // namespace fiberscope::detail
