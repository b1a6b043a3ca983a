// SPDX-License-Identifier: BSL-1.0
/// What the headers ask of compiler and library, checked in words before anything else; and what the library exports.
#pragma once

#if !defined(Q_MOC_RUN) // which is no compiler
#if __cplusplus < 202002L
#error "Fiberscope needs C++20: compile with -std=c++20 or newer (CMake: target_compile_features(... cxx_std_20))"
#include <fiberscope/stop_here.hpp> // there is none: compilers stop here, instead of failing at every line that follows
#elif !defined(__cpp_exceptions) || !defined(__cpp_rtti)
#error "Fiberscope needs exceptions and type information: compile without -fno-exceptions and -fno-rtti"
#include <fiberscope/stop_here.hpp>
#endif
#include <cstddef> // says whose standard library this is
#if !defined(__GLIBCXX__)
#error "Fiberscope, like the Boost.Fiber below it, is built for GNU's standard library: compile without -stdlib=libc++"
#include <fiberscope/stop_here.hpp>
#endif
#endif

/// What others than the library see of it: the names of the public headers, in programs compiled with
/// `-fvisibility=hidden`, too: exceptions and messages that pass from one shared library to another have one type.
#if defined(Q_MOC_RUN)
#define FIBERSCOPE_API
#else
#define FIBERSCOPE_API [[gnu::visibility("default")]]
#endif
/// What those headers name but only the library knows.
#define FIBERSCOPE_HIDDEN [[gnu::visibility("hidden")]]

// A program and the library have to agree on these macros: with them strings and containers are laid out differently, and
// nothing but the following would notice. The linker does: only a library that was built the same way has the symbol, and
// its name says what is wrong.
#if defined(_GLIBCXX_DEBUG)
#define FIBERSCOPE_BUILT_LIKE program_is_compiled_with_D_GLIBCXX_DEBUG_but_the_fiberscope_library_is_not
#elif defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
#define FIBERSCOPE_BUILT_LIKE program_is_compiled_with_D_GLIBCXX_USE_CXX11_ABI_0_but_the_fiberscope_library_is_not
#else
#define FIBERSCOPE_BUILT_LIKE the_fiberscope_library_is_compiled_with_D_GLIBCXX_DEBUG_or_an_old_ABI_but_the_program_is_not
#endif

extern "C" FIBERSCOPE_API const char FIBERSCOPE_BUILT_LIKE;

namespace fiberscope::detail {

[[gnu::used]] static const char* const built_like = &FIBERSCOPE_BUILT_LIKE;

} // namespace fiberscope::detail
