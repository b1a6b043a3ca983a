// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>

namespace fiberscope::detail {

/// Whether others may adopt the waiting processes of a scheduler: while it sleeps, one at a time.
/// The owner releases them under the lock of its queue, so who holds that lock as a thief and finds them held may take, too.
class AdoptionGate {
public:
    // -- the owner ----

    void release() noexcept { state_.store(State::released, std::memory_order_seq_cst); }
    /// Its processes are its own again, once nobody takes any of them. **Blocks:** spins for as long as that takes.
    void take_back() noexcept {
        State expected = State::released;
        while (!state_.compare_exchange_weak(expected, State::held, std::memory_order_seq_cst)) {
            expected = State::released;
            __builtin_ia32_pause();
        }
    }

    // -- any other ----

    bool is_held() const noexcept { return state_.load(std::memory_order_acquire) == State::held; }
    /// True: the caller alone may adopt, until it leaves.
    bool try_enter() noexcept {
        State expected = State::released;
        return state_.load(std::memory_order_relaxed) == State::released &&
               state_.compare_exchange_strong(expected, State::taken_from, std::memory_order_seq_cst);
    }
    void leave() noexcept { state_.store(State::released, std::memory_order_release); }

private:
    enum class State : std::uint8_t {
        held,       ///< its processes are its own
        released,   ///< it sleeps, others may adopt
        taken_from, ///< one of them does just now
    };
    std::atomic<State> state_{State::held}; ///< written by the owner, and while it is released by who enters
};

} // namespace fiberscope::detail
