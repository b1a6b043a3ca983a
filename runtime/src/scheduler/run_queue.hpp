// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/biased_lock.hpp"
#include "base/counter.hpp"
#include "scheduler/schedulable.hpp"

#include <array>
#include <cstdint>

namespace fiberscope::detail {

/// A first-in first-out list through `queue_next`. Not thread-safe.
class ReadyList {
public:
    bool empty() const noexcept { return head_ == nullptr; }
    std::uint32_t size() const noexcept { return size_; }
    Schedulable* front() const noexcept { return head_; }
    void push(Schedulable& entry) noexcept {
        entry.queue_next = nullptr;
        (tail_ != nullptr ? tail_->queue_next : head_) = &entry;
        tail_ = &entry;
        ++size_;
    }
    Schedulable* pop() noexcept { return head_ != nullptr ? take_after(nullptr) : nullptr; }
    /// Takes out the entry after `before` (nullptr: the first). **Pre-condition:** there is one.
    Schedulable* take_after(Schedulable* before) noexcept;

private:
    Schedulable* head_ = nullptr;
    Schedulable* tail_ = nullptr;
    std::uint32_t size_ = 0;
};

inline Schedulable* ReadyList::take_after(Schedulable* before) noexcept {
    Schedulable*& link = before != nullptr ? before->queue_next : head_;
    Schedulable* entry = link;
    link = entry->queue_next;
    if (tail_ == entry)
        tail_ = before;
    entry->queue_next = nullptr;
    --size_;
    return entry;
}

/// The ready processes of one scheduler, by priority. Max and high are strict; normal and low share a class. In a class it is
/// first come, first served; but a process that used up its slice waits behind those that were woken, at most for as long as a
/// slice of theirs.
/// All of it is under a lock that costs its owner, the scheduler, two plain stores, so that idle schedulers can take what may
/// move. What a process's owner alone may touch is under the same lock where a thief might become the owner meanwhile.
/// **Thread:** the owner; `steal`: any other; the counts: any.
class RunQueue {
public:
    BiasedLock& lock() noexcept { return lock_; }

    /// Queues a woken or new process. **Pre-condition:** the lock is held.
    void push_locked(Schedulable& entry) noexcept {
        class_of(entry).fresh.push(entry);
        count(entry, 1);
    }
    void push(Schedulable& entry) noexcept {
        lock_.lock();
        push_locked(entry);
        lock_.unlock();
    }
    /// Queues a process whose slice was over.
    void push_preempted(Schedulable& entry) noexcept;
    /// Whose turn it is; nullptr if there is none. `used` = reductions consumed since the last call.
    Schedulable* pop(std::uint32_t used, std::uint32_t slice_reductions) noexcept;
    /// Takes half of those that may move, oldest first, but not too many at once. They belong to `taker` then; nobody if the
    /// owner does not come out of the lock.
    ReadyList steal(Scheduler& taker) noexcept;
    /// The owner gives away so many of those that may move, if there are. They are in no queue then.
    ReadyList take_movable(std::uint32_t most) noexcept;

    bool empty() const noexcept { return size_.get() == 0; }
    std::uint32_t size() const noexcept { return size_.get(); }
    /// How many wait, by Priority; how many of all others could run.
    std::array<std::uint32_t, 4> lengths() const noexcept;
    std::uint32_t movable_count() const noexcept { return movable_.get(); }
    /// Worth stealing from. One that was just sent something by who runs now is faster here; one that has not run yet is not.
    bool has_spare() const noexcept { return movable_.get() >= 2 || new_.get() >= 1; }

private:
    struct Class {
        ReadyList fresh;
        ReadyList preempted;
        std::uint32_t fresh_reductions = 0;
    };
    Class& class_of(const Schedulable& entry) noexcept {
        const Priority priority = entry.priority.load(std::memory_order_relaxed);
        return classes_[priority == Priority::max ? 0 : (priority == Priority::high ? 1 : 2)];
    }
    void count(const Schedulable& entry, std::int32_t change) noexcept {
        const auto amount = static_cast<std::uint32_t>(change);
        lengths_[static_cast<std::size_t>(entry.priority.load(std::memory_order_relaxed))].add(amount);
        size_.add(amount);
        if (!entry.is_pinned)
            movable_.add(amount);
        if (entry.is_new)
            new_.add(amount);
    }
    Schedulable* pop_class(Class& ready, std::uint32_t slice_reductions) noexcept;
    bool passes_turn(Schedulable& entry) noexcept;
    ReadyList take(std::uint32_t most) noexcept;

    BiasedLock lock_; ///< protects all; the counts are read without
    Counter32 size_;
    Counter32 movable_;
    Counter32 new_;
    std::array<Counter32, 4> lengths_{};
    std::array<Class, 3> classes_;
    std::size_t busy_class_ = 0;
    bool last_was_fresh_ = true; ///< whom `pop` returned last had been woken or was new
};

} // namespace fiberscope::detail
