// SPDX-License-Identifier: BSL-1.0
/// Bodies that use up their stack, or do what no processor can: none of them comes back.
#pragma once

#include "process_fixture.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <regex>
#include <stdexcept>
#include <string>

/// UndefinedBehaviorSanitizer would end the program before the processor says anything.
#define FIBERSCOPE_UNCHECKED __attribute__((noinline, no_sanitize("undefined"), no_sanitize("address")))

namespace fiberscope::test {

// -- stacks that are used up ----

/// By functions of its own. The sum keeps the compiler from making a loop of it.
FIBERSCOPE_UNCHECKED inline int dive(int depth) {
    volatile char frame[64];
    frame[depth & 63] = static_cast<char>(depth);
    return depth < 0 ? 0 : dive(depth + 1) + frame[depth & 63];
}
inline void overflow_in_own_code(Process&) {
    dive(0);
}

/// By frames that are larger than the guard zone.
FIBERSCOPE_UNCHECKED inline int dive_in_strides(int depth) {
    volatile char frame[100'000];
    frame[99'999] = static_cast<char>(depth);
    return depth < 0 ? 0 : dive_in_strides(depth + 1) + frame[99'999];
}
inline void overflow_in_strides(Process&) {
    dive_in_strides(0);
}

/// In stdio, which holds the stream's lock there.
FIBERSCOPE_UNCHECKED inline int dive_and_print(std::FILE* stream, int depth) {
    volatile char frame[64];
    frame[depth & 63] = static_cast<char>(depth);
    std::fprintf(stream, "%f %d %s\n", depth * 1.5, depth, "deeper");
    return depth < 0 ? 0 : dive_and_print(stream, depth + 1) + frame[depth & 63];
}
inline std::FILE* null_stream() {
    static std::FILE* stream = std::fopen("/dev/null", "w");
    return stream;
}
inline void overflow_in_stdio(Process&) {
    dive_and_print(null_stream(), 0);
}

/// Through a library that calls back.
inline int sort_again(const void* left, const void* right) {
    int numbers[] = {2, 1};
    std::qsort(numbers, 2, sizeof(int), &sort_again);
    return *static_cast<const int*>(left) - *static_cast<const int*>(right) + numbers[0];
}
inline void overflow_in_callbacks(Process&) {
    sort_again("1234", "1234");
}

/// In calls of the runtime.
FIBERSCOPE_UNCHECKED inline int dive_and_send(Process& self, int depth) {
    volatile char frame[64];
    frame[depth & 63] = static_cast<char>(depth);
    self.send(self.parent(), Tick{depth});
    return depth < 0 ? 0 : dive_and_send(self, depth + 1) + frame[depth & 63];
}
inline void overflow_in_runtime_calls(Process& self) {
    dive_and_send(self, 0);
}

/// In a header that recurses.
inline void overflow_in_regex(Process&) {
    static const std::string text(100'000, 'a');
    std::regex_match(text, std::regex{"(a|b)*c"});
}

/// Where exceptions are thrown at every depth.
FIBERSCOPE_UNCHECKED inline int dive_and_throw(int depth) {
    volatile char frame[64];
    frame[depth & 63] = static_cast<char>(depth);
    try {
        throw depth;
    } catch (int thrown) {
        frame[0] = static_cast<char>(thrown);
    }
    return depth < 0 ? 0 : dive_and_throw(depth + 1) + frame[depth & 63];
}
inline void overflow_in_throws(Process&) {
    dive_and_throw(0);
}

// -- faults of the processor ----

FIBERSCOPE_UNCHECKED inline void write_to(volatile int* address) {
    *address = 1;
}
inline void fault_at_null(Process&) {
    write_to(nullptr);
}
FIBERSCOPE_UNCHECKED inline int divide(int dividend, const volatile int& divisor) {
    return dividend / divisor;
}
inline void fault_in_division(Process& self) {
    const volatile int zero = 0;
    self.send(self.pid(), Tick{divide(1, zero)});
}
inline void fault_of_instruction(Process&) {
    __builtin_trap(); // ud2
}
using Function = void (*)();
FIBERSCOPE_UNCHECKED inline void call(const volatile Function& function) {
    function();
}
inline void fault_in_call(Process&) {
    const volatile Function nothing = nullptr;
    call(nothing);
}
inline void fault_in_memset(Process&) {
    const volatile std::uintptr_t nowhere = 0;
    const volatile std::size_t count = 1000;
    std::memset(reinterpret_cast<char*>(nowhere), 1, count);
    asm volatile("" : : : "memory"); // somebody could look at it
}
inline void fault_in_string(Process&) {
    std::string* volatile nowhere = nullptr;
    nowhere->append("text");
}

} // namespace fiberscope::test
