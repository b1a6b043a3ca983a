// SPDX-License-Identifier: BSL-1.0
/// What a test is compiled with: g++ has a macro for each sanitizer, clang a feature.
#pragma once

#if defined(__has_feature)
#define FIBERSCOPE_HAS_FEATURE(name) __has_feature(name)
#else
#define FIBERSCOPE_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || FIBERSCOPE_HAS_FEATURE(address_sanitizer)
#define FIBERSCOPE_ADDRESS_SANITIZER
#endif
#if defined(__SANITIZE_THREAD__) || FIBERSCOPE_HAS_FEATURE(thread_sanitizer)
#define FIBERSCOPE_THREAD_SANITIZER
#endif
/// Its allocator lies in the program itself, and leaves no place for another.
#if defined(__clang__) && (defined(FIBERSCOPE_ADDRESS_SANITIZER) || defined(FIBERSCOPE_THREAD_SANITIZER))
#define FIBERSCOPE_ALLOCATOR_OF_SANITIZER
#endif
