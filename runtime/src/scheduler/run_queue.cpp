// SPDX-License-Identifier: BSL-1.0
#include "scheduler/run_queue.hpp"

#include "scheduler/scheduler.hpp"

#include <algorithm>
#include <mutex>

namespace fiberscope::detail {

void RunQueue::push_preempted(Schedulable& entry) noexcept {
    const std::lock_guard guard{lock_};
    class_of(entry).preempted.push(entry);
    count(entry, 1);
}

Schedulable* RunQueue::pop(std::uint32_t used, std::uint32_t slice_reductions) noexcept {
    if (last_was_fresh_) // these three are the owner's alone
        classes_[busy_class_].fresh_reductions += used;
    if (empty())
        return nullptr;
    const std::lock_guard guard{lock_};
    for (std::size_t i = 0; i < classes_.size(); ++i)
        if (Schedulable* entry = pop_class(classes_[i], slice_reductions)) {
            busy_class_ = i;
            return entry;
        }
    return nullptr;
}

Schedulable* RunQueue::pop_class(Class& ready, std::uint32_t slice_reductions) noexcept {
    for (;;) {
        const bool fresh_had_their_slice = ready.fresh_reductions >= slice_reductions && !ready.preempted.empty();
        Schedulable* entry = fresh_had_their_slice ? nullptr : ready.fresh.pop();
        last_was_fresh_ = entry != nullptr;
        if (entry == nullptr) {
            entry = ready.preempted.pop();
            ready.fresh_reductions = 0;
        }
        if (entry == nullptr)
            return nullptr;
        count(*entry, -1);
        if (entry->priority.load(std::memory_order_relaxed) != Priority::low || !passes_turn(*entry)) [[likely]]
            return entry;
        ready.preempted.push(*entry);
        count(*entry, 1);
    }
}

/// A low process takes one turn in eight while others of its class wait (rule F02).
bool RunQueue::passes_turn(Schedulable& entry) noexcept {
    constexpr std::uint8_t turns_missed_before_one = 7;
    const bool nobody_else = lengths_[static_cast<std::size_t>(Priority::normal)].get() == 0;
    if (nobody_else || entry.low_turns_missed >= turns_missed_before_one) {
        entry.low_turns_missed = 0;
        return false;
    }
    ++entry.low_turns_missed;
    return true;
}

/// **Pre-condition:** the lock is held.
ReadyList RunQueue::take(std::uint32_t most) noexcept {
    ReadyList taken;
    for (Class& ready : classes_)
        for (ReadyList* list : {&ready.fresh, &ready.preempted}) {
            Schedulable* before = nullptr;
            Schedulable* entry = list->front();
            while (entry != nullptr && taken.size() < most) {
                Schedulable* next = entry->queue_next;
                if (entry->may_move()) {
                    list->take_after(before);
                    count(*entry, -1);
                    taken.push(*entry);
                } else
                    before = entry;
                entry = next;
            }
        }
    return taken;
}

ReadyList RunQueue::steal(Scheduler& taker) noexcept {
    constexpr std::uint32_t most_at_once = 256;
    if (!lock_.try_lock_as_thief())
        return {};
    ReadyList taken = take(std::min((movable_.get() + 1) / 2, most_at_once));
    for (Schedulable* entry = taken.front(); entry != nullptr; entry = entry->queue_next)
        Scheduler::changes_hands(*entry, taker);
    lock_.unlock_as_thief();
    return taken;
}

ReadyList RunQueue::take_movable(std::uint32_t most) noexcept {
    const std::lock_guard guard{lock_};
    return take(most);
}

std::array<std::uint32_t, 4> RunQueue::lengths() const noexcept {
    std::array<std::uint32_t, 4> result{};
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = lengths_[i].get();
    return result;
}

} // namespace fiberscope::detail
