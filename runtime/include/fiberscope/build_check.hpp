// SPDX-License-Identifier: BSL-1.0
/// How the code that makes a Node was compiled.
#pragma once

#include <fiberscope/config.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <iterator>

namespace FIBERSCOPE_API fiberscope {
namespace detail {

/// Flags that the user's code needs and the compiler does not record anywhere: they are seen in the code that it makes.
struct BuildFlags {
    bool probes_stack = true;         ///< -fstack-clash-protection: no frame leaps over a guard zone
    bool keeps_frame_pointers = true; ///< -fno-omit-frame-pointer: stacks can be followed quickly
    /// Is errno another one after `go_elsewhere`, which comes back on another thread? nullptr: not.
    bool (*finds_errno_again)(void (*go_elsewhere)(void*), void* argument) = nullptr;
};

/// True if this code asks anew where errno is; false if it takes the place that it found before: see errno/errno.h.
[[maybe_unused, gnu::noinline]] static bool finds_errno_again(void (*go_elsewhere)(void*), void* argument) {
    const int* before = &errno;
    go_elsewhere(argument);
    return &errno != before;
}

#if defined(__x86_64__)

/// Never called; its code is looked at. A frame of several pages, and a call of something unknown.
[[maybe_unused, gnu::noinline, gnu::used, gnu::no_sanitize_address]] static void build_probe(void (*use)(volatile char*)) {
    volatile char frame[3 * 4096];
    use(frame);
    use(frame);
    asm volatile(".skip 128, 0x90" : : : "memory"); // as many bytes as are looked at belong to this function
}

/// A function with internal linkage, so that each translation unit answers for itself.
[[maybe_unused]] static BuildFlags build_here() noexcept {
    constexpr unsigned char frame_pointer[] = {0x55, 0x48, 0x89, 0xe5};                          // push %rbp; mov %rsp,%rbp
    constexpr unsigned char probe_by_or[] = {0x48, 0x83, 0x0c, 0x24, 0x00};                      // orq $0,(%rsp)
    constexpr unsigned char probe_by_store[] = {0x48, 0xc7, 0x04, 0x24, 0x00, 0x00, 0x00, 0x00}; // movq $0,(%rsp)
    constexpr std::size_t looked_at = 128;
    constexpr std::size_t first_few = 24; // there may be an endbr64 or a call for a profiler in front
    const auto* code = reinterpret_cast<const unsigned char*>(&build_probe);
    const auto has = [code](std::size_t bytes, const auto& instruction) {
        return std::search(code, code + bytes, std::begin(instruction), std::end(instruction)) != code + bytes;
    };
    return {has(looked_at, probe_by_or) || has(looked_at, probe_by_store), has(first_few, frame_pointer), &finds_errno_again};
}

#else

[[maybe_unused]] static BuildFlags build_here() noexcept {
    return {true, true, &finds_errno_again};
}

#endif

} // namespace detail
} // namespace fiberscope
