// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/code_depth.hpp"

#include <cerrno>
#include <cstdint>
#include <cxxabi.h>

#include <xmmintrin.h>

namespace fiberscope::detail {

/// What is kept per thread but belongs to the process: errno, whether its own code runs, and the exceptions in flight.
/// Boost.Context carries these only from 1.88 on; without this `throw;` in one process rethrows the exception of another.
/// An object keeps them while its process is switched out; it may be destroyed on another thread than it was made on.
/// Neither is inlined: else the compiler might take what is this thread's for what is that thread's.
class ThreadState {
public:
    /// Where this thread keeps them: found once, since finding them is a call each time.
    static void find() noexcept;
    [[gnu::noinline]] ThreadState() noexcept
        : errno_{*places.error}, runtime_calls_{code_depth.runtime_calls.load(std::memory_order_relaxed)},
          pins_{code_depth.pins.load(std::memory_order_relaxed)}, called_from_{code_depth.called_from}, exceptions_{globals()} {
        globals() = {};
    }
    ThreadState(const ThreadState&) = delete;
    ThreadState& operator=(const ThreadState&) = delete;
    [[gnu::noinline]] ~ThreadState() {
        globals() = exceptions_;
        set_depth(code_depth.pins, pins_);
        set_depth(code_depth.runtime_calls, runtime_calls_);
        code_depth.called_from = called_from_;
        *places.error = errno_;
    }

    /// A process that begins finds nothing of the one before it, and the rounding and traps that a program starts with.
    static void reset() noexcept {
        constexpr unsigned sse_control = 0x1f80;
        constexpr std::uint16_t x87_control = 0x037f;
        if (_mm_getcsr() != sse_control)
            _mm_setcsr(sse_control);
        std::uint16_t x87 = 0;
        asm volatile("fnstcw %0" : "=m"(x87));
        if (x87 != x87_control) // loading it is slow
            asm volatile("fldcw %0" : : "m"(x87_control));
        *places.error = 0;
        set_depth(code_depth.pins, 0);
        set_depth(code_depth.runtime_calls, 1);
        code_depth.called_from = nullptr;
    }
    /// The running process is given up: releases the exceptions that it has caught, forgets those in flight.
    static void drop_exceptions() noexcept {
        while (globals().caught != nullptr)
            abi::__cxa_end_catch();
        globals() = {};
    }

private:
    /// Layout of `__cxa_eh_globals` in the Itanium C++ ABI.
    struct ExceptionGlobals {
        void* caught = nullptr;
        unsigned int uncaught = 0;
    };
    struct Places {
        int* error;
        ExceptionGlobals* exceptions;
    };
    [[gnu::tls_model("initial-exec")]] static inline constinit thread_local Places places{};
    static ExceptionGlobals& globals() noexcept { return *places.exceptions; }

    const int errno_;
    const std::int32_t runtime_calls_;
    const std::int32_t pins_;
    const void* const called_from_;
    const ExceptionGlobals exceptions_;
};

inline void ThreadState::find() noexcept {
    places = {&errno, reinterpret_cast<ExceptionGlobals*>(abi::__cxa_get_globals())};
}

} // namespace fiberscope::detail
