// SPDX-License-Identifier: BSL-1.0
#include "scheduler/run_queue.hpp"

#include <mutex>

namespace fiberscope::detail {

void ReadyList::push(Schedulable& entry) noexcept {
    entry.queue_next = nullptr;
    (tail_ != nullptr ? tail_->queue_next : head_) = &entry;
    tail_ = &entry;
    ++size_;
}

Schedulable* ReadyList::pop() noexcept {
    Schedulable* entry = head_;
    if (entry == nullptr)
        return nullptr;
    head_ = entry->queue_next;
    if (head_ == nullptr)
        tail_ = nullptr;
    entry->queue_next = nullptr;
    --size_;
    return entry;
}

std::size_t RunQueue::class_of(Priority priority) noexcept {
    switch (priority) {
    case Priority::max: return 0;
    case Priority::high: return 1;
    default: return 2;
    }
}

void RunQueue::count(const Schedulable& entry, std::int32_t change) noexcept {
    lengths_[static_cast<std::size_t>(entry.priority.load(std::memory_order_relaxed))].fetch_add(
        static_cast<std::uint32_t>(change), std::memory_order_relaxed);
}

void RunQueue::push(Schedulable& entry) noexcept {
    Class& ready = classes_[class_of(entry.priority.load(std::memory_order_relaxed))];
    entry.ticket = next_ticket_++;
    if (entry.fiber.load(std::memory_order_relaxed) != nullptr) {
        count(entry, 1);
        ready.started.push(entry);
    } else
        push_movable(ready, entry);
}

void RunQueue::push_movable(Class& ready, Schedulable& entry) noexcept {
    const std::lock_guard guard{lock_};
    count(entry, 1);
    ready.movable.push(entry);
    ready.movable_size.set(ready.movable.size());
    movable_count_.add(1);
    new_count_.add(entry.is_new ? 1 : 0);
}

void RunQueue::push_preempted(Schedulable& entry) noexcept {
    if (entry.fiber.load(std::memory_order_relaxed) == nullptr)
        return push(entry);
    count(entry, 1);
    classes_[class_of(entry.priority.load(std::memory_order_relaxed))].preempted.push(entry);
}

Schedulable* RunQueue::pop(std::uint32_t used, std::uint32_t slice_reductions) noexcept {
    if (last_was_fresh_)
        classes_[busy_class_].fresh_reductions += used;
    for (std::size_t i = 0; i < classes_.size(); ++i)
        if (Schedulable* entry = pop_class(classes_[i], slice_reductions)) {
            busy_class_ = i;
            return entry;
        }
    return nullptr;
}

Schedulable* RunQueue::pop_class(Class& ready, std::uint32_t slice_reductions) noexcept {
    for (;;) {
        const bool fresh_had_their_slice = ready.fresh_reductions >= slice_reductions;
        Schedulable* entry = nullptr;
        last_was_fresh_ = true;
        if (ready.preempted.empty() || !fresh_had_their_slice)
            entry = pop_fresh(ready);
        if (entry == nullptr && (entry = ready.preempted.pop()) != nullptr) {
            ready.fresh_reductions = 0;
            last_was_fresh_ = false;
            count(*entry, -1);
        }
        if (entry == nullptr || !passes_turn(*entry))
            return entry;
        push_preempted(*entry);
    }
}

Schedulable* RunQueue::pop_fresh(Class& ready) noexcept {
    Schedulable* started = ready.started.front();
    if (ready.movable_size.get() > 0) {
        const std::lock_guard guard{lock_};
        const Schedulable* movable = ready.movable.front();
        const bool movable_is_older =
            movable != nullptr && (started == nullptr || static_cast<std::int32_t>(movable->ticket - started->ticket) < 0);
        if (movable_is_older)
            return pop_movable(ready);
    }
    if (started != nullptr) {
        ready.started.pop();
        count(*started, -1);
    }
    return started;
}

/// **Pre-condition:** lock_ is held.
Schedulable* RunQueue::pop_movable(Class& ready) noexcept {
    Schedulable* entry = ready.movable.pop();
    if (entry == nullptr)
        return nullptr;
    ready.movable_size.set(ready.movable.size());
    movable_count_.set(movable_count_.get() - 1);
    new_count_.set(new_count_.get() - (entry->is_new ? 1 : 0));
    count(*entry, -1);
    return entry;
}

/// A low process takes one turn in eight while others of its class wait (rule F02).
bool RunQueue::passes_turn(Schedulable& entry) noexcept {
    constexpr std::uint8_t turns_missed_before_one = 7;
    if (entry.priority.load(std::memory_order_relaxed) != Priority::low)
        return false;
    const bool nobody_else = lengths_[static_cast<std::size_t>(Priority::normal)].load(std::memory_order_relaxed) == 0;
    if (nobody_else || entry.low_turns_missed >= turns_missed_before_one) {
        entry.low_turns_missed = 0;
        return false;
    }
    ++entry.low_turns_missed;
    return true;
}

bool RunQueue::empty() const noexcept {
    for (const Class& ready : classes_)
        if (!ready.started.empty() || !ready.preempted.empty() || ready.movable_size.get() > 0)
            return false;
    return true;
}

ReadyList RunQueue::steal() noexcept {
    ReadyList stolen;
    const std::lock_guard guard{lock_};
    for (Class& ready : classes_)
        for (std::uint32_t left = (ready.movable.size() + 1) / 2; left > 0 && stolen.size() < 1024; --left)
            stolen.push(*pop_movable(ready));
    return stolen;
}

ReadyList RunQueue::take_movable() noexcept {
    ReadyList taken;
    const std::lock_guard guard{lock_};
    for (Class& ready : classes_)
        while (Schedulable* entry = pop_movable(ready))
            taken.push(*entry);
    return taken;
}

std::array<std::uint32_t, 4> RunQueue::lengths() const noexcept {
    std::array<std::uint32_t, 4> result{};
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = lengths_[i].load(std::memory_order_relaxed);
    return result;
}

} // namespace fiberscope::detail
