// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <pthread.h>
#include <signal.h>

namespace fiberscope::detail {

/// Where a thread was when a signal interrupted it.
struct InterruptedCode {
    std::uintptr_t pc;
    std::uintptr_t sp;
    std::uintptr_t frame; ///< frame pointer, if the code keeps one

    /// Below here the stack is free: the code may use the red zone of the System V ABI.
    std::uintptr_t free_below() const noexcept {
        constexpr std::uintptr_t red_zone_bytes = 128;
        return sp - red_zone_bytes;
    }
};

/// Step 3 of preemption: a signal whose handler makes the interrupted process call `Schedulable::interrupted` as if the
/// call had stood in its code. The handler itself runs on a stack of its own, decides and returns; so nothing is switched
/// inside a handler, and no signal mask or frame stays behind.
/// Only the program's own code is interrupted so: in a library (libc's malloc, stdio, the loader) locks may be held, or
/// state be half changed, that the next process on the same thread would meet.
/// **Source:** Go, proposal 24543 (non-cooperative goroutine preemption).
namespace preemption_signal {

/// Empty, or why this program's processes cannot be interrupted safely. Found out once. **Thread:** any.
const std::string& refused_because();
/// Installs the handler; what is not for a scheduler goes on to the handler that was there before.
/// **Thread:** for SignalHandlers.
void install();
/// Puts that one back. **Thread:** for SignalHandlers.
void remove() noexcept;
/// Sends the signal. **Thread:** any. **Pre-condition:** the thread lives.
void send(pthread_t scheduler_thread) noexcept;
/// True if the address lies in the injected call itself. **Thread:** any; async-signal-safe.
bool is_on_its_way(std::uintptr_t pc) noexcept;
/// True if the address lies in the program's own code, but not in the injected call itself, or in the unwinder. **Thread:** any;
/// async-signal-safe.
bool may_be_interrupted(std::uintptr_t pc) noexcept;
/// What must be left of a stack for the injected call.
std::size_t stack_reserve() noexcept;

} // namespace preemption_signal

/// The stack on which a scheduler thread's signal handlers run. Made on that thread; lets the signal through, too.
class AlternateStack {
public:
    /// **Errors:** std::system_error if the memory cannot be had.
    AlternateStack();
    ~AlternateStack();
    AlternateStack(const AlternateStack&) = delete;
    AlternateStack& operator=(const AlternateStack&) = delete;

private:
    void* base_;
    stack_t previous_{}; ///< a sanitizer may have set one up
};

} // namespace fiberscope::detail
