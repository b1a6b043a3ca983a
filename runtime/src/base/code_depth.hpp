// SPDX-License-Identifier: BSL-1.0
/// Whose code a scheduler thread executes: a process's own, which may be interrupted anywhere, or the runtime's.
#pragma once

#include "base/allocation.hpp"

#include <atomic>
#include <cstdint>

namespace fiberscope::detail {

/// Written by its thread, read by the signal handler on the same thread, kept per process across switches (but the account, which
/// changes with the slices).
struct CodeDepth : AllocatingCode {
    std::atomic<std::int32_t> pins{0}; ///< NoPreempt scopes that are open
    const void* called_from = nullptr; ///< where the process's code called the runtime last: a return address

    bool is_user_code() const noexcept { return runtime_calls.load(std::memory_order_relaxed) == 0; }
    bool is_pinned() const noexcept { return pins.load(std::memory_order_relaxed) != 0; }
};

/// The model makes each access one relative to the thread's own register, so that none is found at another thread's place after a
/// switch.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local CodeDepth code_depth;

/// Neither the compiler nor, as it is one thread, the processor moves other accesses across.
inline void set_depth(std::atomic<std::int32_t>& depth, std::int32_t value) noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    depth.store(value, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}
inline void add_depth(std::atomic<std::int32_t>& depth, std::int32_t change) noexcept {
    set_depth(depth, depth.load(std::memory_order_relaxed) + change);
}

/// The first local of every function of the public API that touches what the runtime shares or changes: while it lives,
/// the process is not interrupted.
class RuntimeCall {
public:
    [[gnu::always_inline]] RuntimeCall() noexcept {
        if (code_depth.is_user_code())
            code_depth.called_from = __builtin_return_address(0); // of the function whose local this is
        add_depth(code_depth.runtime_calls, 1);
    }
    ~RuntimeCall() { add_depth(code_depth.runtime_calls, -1); }
    RuntimeCall(const RuntimeCall&) = delete;
    RuntimeCall& operator=(const RuntimeCall&) = delete;
};

/// Around each call from the runtime into code of the user's: body, handler, guard, formatter, destructor of a message.
/// **Pre-condition:** no lock of the runtime is held, and what the callee could see or change through its Process is in order.
class UserCode {
public:
    UserCode() noexcept : outer_{code_depth.runtime_calls.load(std::memory_order_relaxed)}, called_from_{code_depth.called_from} {
        set_depth(code_depth.runtime_calls, 0);
    }
    ~UserCode() {
        set_depth(code_depth.runtime_calls, outer_);
        code_depth.called_from = called_from_;
    }
    UserCode(const UserCode&) = delete;
    UserCode& operator=(const UserCode&) = delete;

private:
    const std::int32_t outer_;
    const void* const called_from_;
};

} // namespace fiberscope::detail
