// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/counter.hpp"
#include "base/spin_lock.hpp"
#include "scheduler/schedulable.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace fiberscope::detail {

/// A first-in first-out list through `queue_next`. Not thread-safe.
class ReadyList {
public:
    bool empty() const noexcept { return head_ == nullptr; }
    std::uint32_t size() const noexcept { return size_; }
    Schedulable* front() const noexcept { return head_; }
    void push(Schedulable& entry) noexcept;
    Schedulable* pop() noexcept;

private:
    Schedulable* head_ = nullptr;
    Schedulable* tail_ = nullptr;
    std::uint32_t size_ = 0;
};

/// The ready processes of one scheduler, by priority. Max and high are strict; normal and low share a class.
/// In a class three lists keep apart what differs in who may take it: `started` and `preempted` hold frames and stay
/// here for ever, so only their scheduler touches them; `movable` (not yet started, or a server without a stack) is
/// what idle schedulers steal, so it is locked. First come, first served across the lists, by ticket; but a process
/// that used up its slice waits behind those that were woken, at most for as long as a slice of theirs.
/// **Thread:** all but `steal`, `lengths` and `movable_count`: the owning scheduler.
class RunQueue {
public:
    /// Queues a woken or new process.
    void push(Schedulable& entry) noexcept;
    /// Queues a process whose slice was over.
    void push_preempted(Schedulable& entry) noexcept;
    /// Whose turn it is; nullptr if there is none. `used` = reductions consumed since the last call.
    Schedulable* pop(std::uint32_t used, std::uint32_t slice_reductions) noexcept;
    bool empty() const noexcept;
    /// Takes the half of the movable ones, oldest first, of the class that holds any. **Thread:** any.
    ReadyList steal() noexcept;
    /// Takes all movable ones (for a scheduler that goes offline).
    ReadyList take_movable() noexcept;
    /// **Thread:** any. How many wait, by Priority; how many of all may move.
    std::array<std::uint32_t, 4> lengths() const noexcept;
    std::uint32_t movable_count() const noexcept { return movable_count_.get(); }
    /// Those of them that have not run yet: once begun they stay, so an idle scheduler had better take them before.
    std::uint32_t new_count() const noexcept { return new_count_.get(); }
    /// Worth stealing from. One ready server alone is not: it was just sent something by who runs now, and is faster here.
    bool has_spare() const noexcept { return movable_count() >= 2 || new_count() >= 1; }

private:
    struct Class {
        ReadyList started;
        ReadyList preempted;
        ReadyList movable; ///< under lock_
        std::uint32_t fresh_reductions = 0;
        Counter32 movable_size; ///< size of `movable`, written under lock_
    };
    static std::size_t class_of(Priority priority) noexcept;
    Schedulable* pop_class(Class& ready, std::uint32_t slice_reductions) noexcept;
    Schedulable* pop_fresh(Class& ready) noexcept;
    Schedulable* pop_movable(Class& ready) noexcept;
    void push_movable(Class& ready, Schedulable& entry) noexcept;
    bool passes_turn(Schedulable& entry) noexcept;
    void count(const Schedulable& entry, std::int32_t change) noexcept;

    /// Protects the `movable` lists.
    mutable SpinLock lock_;
    std::array<Class, 3> classes_;
    std::uint32_t next_ticket_ = 0;
    Counter32 movable_count_; ///< written under lock_
    Counter32 new_count_;     ///< written under lock_
    /// By Priority; written by the owner for its own lists and by thieves, so counted with locked instructions.
    std::array<std::atomic<std::uint32_t>, 4> lengths_{};
    std::size_t busy_class_ = 0;
    bool last_was_fresh_ = true; ///< whom `pop` returned last had been woken or was new
};

} // namespace fiberscope::detail
