// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/counter.hpp"
#include "scheduler/schedulable.hpp"
#include "scheduler/stack_sample.hpp"

#include <atomic>
#include <cstdint>

namespace fiberscope::detail {

/// The slice that a scheduler executes, as the monitor sees it.
struct RunningSlice {
    Schedulable* process = nullptr; ///< nullptr: it executes none
    std::uint64_t number = 0;       ///< with began_ns: another one means another slice
    std::int64_t began_ns = 0;
    bool operator==(const RunningSlice&) const = default;
};

/// Asks a thread where it is, without allocating: who asks waits for the signal handler to answer.
class StackRequest {
public:
    // -- the monitor ----

    void ask() noexcept {
        if (state_.load(std::memory_order_acquire) == State::idle)
            state_.store(State::wanted, std::memory_order_release);
    }
    /// What came since it was asked; empty: nothing has. **Errors:** std::bad_alloc.
    RawStack take() {
        RawStack stack;
        if (state_.load(std::memory_order_acquire) == State::taken) {
            stack = sample_.raw();
            state_.store(State::idle, std::memory_order_release);
        }
        return stack;
    }

    // -- the signal handler ----

    bool is_asked() const noexcept { return state_.load(std::memory_order_acquire) == State::wanted; }
    /// To be filled, then `answered`. **Pre-condition:** is_asked.
    StackSample& sample() noexcept { return sample_; }
    void answered() noexcept { state_.store(State::taken, std::memory_order_release); }

private:
    enum class State : std::uint8_t { idle, wanted, taken };
    std::atomic<State> state_{State::idle}; ///< written by the monitor, while wanted by the handler
    StackSample sample_;                    ///< the handler's while wanted, the monitor's once taken
};

/// The running slice: what a scheduler's own thread writes, and the slice monitor and the signal handler read. All that
/// goes between those three is here.
class WatchedSlice {
public:
    // -- the owning thread ----

    void begin(Schedulable& process, std::int64_t now_ns) noexcept {
        preempt_.store(false, std::memory_order_relaxed);
        began_ns_.set(now_ns);
        number_.add();
        process_.store(&process, std::memory_order_release);
        running_.set(process.id_bits());
    }
    void renew(std::int64_t now_ns) noexcept {
        began_ns_.set(now_ns);
        preempt_.store(false, std::memory_order_relaxed);
    }
    void end() noexcept {
        process_.store(nullptr, std::memory_order_release);
        running_.set(0);
        if (is_stuck())
            set_stuck(false);
    }
    bool is_to_give_way() const noexcept { return preempt_.load(std::memory_order_relaxed); }

    // -- any thread; async-signal-safe ----

    /// The process that runs; nullptr: none. Its own thread and the signal handler there may use it.
    Schedulable* process() const noexcept { return process_.load(std::memory_order_relaxed); }
    RunningSlice now() const noexcept { return {process_.load(std::memory_order_acquire), number_.get(), began_ns_.get()}; }
    std::int64_t began_ns() const noexcept { return began_ns_.get(); }
    /// How many there were: context switches.
    std::uint64_t number() const noexcept { return number_.get(); }
    /// id_bits of the process that runs; 0: none.
    std::uint64_t running() const noexcept { return running_.get(); }
    /// Asks the running process to give way at its next safe point.
    void request_preemption() noexcept { preempt_.store(true, std::memory_order_relaxed); }
    /// It takes so long that others had better take its scheduler's work. Set by the monitor, cleared by both.
    bool is_stuck() const noexcept { return stuck_.load(std::memory_order_relaxed); }
    void set_stuck(bool stuck) noexcept { stuck_.store(stuck, std::memory_order_relaxed); }

    // -- the monitor to the signal handler ----

    /// The signal that is sent next is meant for `slice`.
    void aim_at(const RunningSlice& slice) noexcept { aimed_at_.store(slice.number, std::memory_order_relaxed); }
    /// False: it is late, the slice that it was meant for is over.
    bool is_aimed_at() const noexcept { return aimed_at_.load(std::memory_order_relaxed) == number_.get(); }
    StackRequest stack_request;

    // -- the signal handler to the call that it injects ----

    void set_interrupted_pc(std::uintptr_t pc) noexcept { interrupted_pc_ = pc; }
    std::uintptr_t interrupted_pc() const noexcept { return interrupted_pc_; }

private:
    std::atomic<bool> preempt_{false};           ///< set by the monitor and by exit signals, cleared by the owning thread
    std::atomic<bool> stuck_{false};             ///< set by the monitor, cleared by both
    std::atomic<Schedulable*> process_{nullptr}; ///< this and the three below: written by the owning thread
    Counter<std::int64_t> began_ns_;
    Counter64 number_;
    Counter64 running_;                      ///< beside process_, whose slot may be another's when somebody looks
    std::atomic<std::uint64_t> aimed_at_{0}; ///< written by the monitor
    std::uintptr_t interrupted_pc_ = 0;      ///< written by the signal handler
};

} // namespace fiberscope::detail
