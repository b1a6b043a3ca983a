// SPDX-License-Identifier: BSL-1.0
/// Work that a scheduler gets from others and leaves to them.
#include "scheduler/scheduler.hpp"

#include "scheduler/scheduler_group.hpp"
#include "scheduler/slice_monitor.hpp"

namespace fiberscope::detail {

void Scheduler::enqueue(Schedulable& process) noexcept {
    if (current() == this) {
        queue_.push(process);
        if (running_.get() != 0)
            SliceMonitor::instance().watch();
        return;
    }
    Schedulable* head = inbox_.load(std::memory_order_relaxed);
    do
        process.queue_next = head;
    while (!inbox_.compare_exchange_weak(head, &process, std::memory_order_seq_cst, std::memory_order_relaxed));
    if (!is_idle())
        SliceMonitor::instance().watch();
    notify();
}

namespace {

/// Takes the whole inbox, oldest first.
Schedulable* take_all(std::atomic<Schedulable*>& inbox) noexcept {
    Schedulable* newest = inbox.exchange(nullptr, std::memory_order_acquire);
    Schedulable* oldest = nullptr;
    while (newest != nullptr) {
        Schedulable* next = newest->queue_next;
        newest->queue_next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

} // namespace

void Scheduler::drain_inbox() noexcept {
    Schedulable* oldest = take_all(inbox_);
    while (oldest != nullptr) {
        Schedulable* next = oldest->queue_next;
        queue_.push(*oldest);
        oldest = next;
    }
    if (!is_online())
        hand_over_movable();
}

void Scheduler::requeue_those_without_fiber() noexcept {
    while (Schedulable* process = without_fiber_.pop())
        queue_.push(*process);
}

void Scheduler::rescue_inbox() noexcept {
    Schedulable* oldest = take_all(inbox_);
    while (oldest != nullptr) {
        Schedulable* next = oldest->queue_next;
        const bool is_bound = oldest->fiber.load(std::memory_order_relaxed) != nullptr;
        (is_bound ? *this : group_.shortest()).enqueue(*oldest);
        oldest = next;
    }
}

void Scheduler::post(Request request) {
    {
        const std::lock_guard lock{requests_mutex_};
        requests_.push_back(std::move(request));
        has_requests_.store(true, std::memory_order_seq_cst);
    }
    request_preemption();
    if (!is_idle())
        SliceMonitor::instance().watch();
    notify();
}

void Scheduler::run_requests() {
    std::vector<Request> requests;
    {
        const std::lock_guard lock{requests_mutex_};
        requests.swap(requests_);
        has_requests_.store(false, std::memory_order_relaxed);
    }
    for (Request& request : requests)
        request(*this);
}

/// It has something that others may as well run; all that it could give, if it does not get to it itself.
bool Scheduler::has_spare() const noexcept {
    return queue_.has_spare() || (is_stuck() && queue_.movable_count() > 0);
}

Schedulable* Scheduler::steal() noexcept {
    if (!is_online())
        return nullptr;
    const auto& all = group_.schedulers();
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
        Scheduler& victim = *all[(id_ + i) % all.size()]; // ids are 1-based: begins with the next one
        if (!victim.has_spare())
            continue;
        ReadyList stolen = victim.queue_.steal();
        Schedulable* first = stolen.pop();
        if (first == nullptr)
            continue;
        steals_.add(stolen.size() + 1);
        while (Schedulable* more = stolen.pop())
            queue_.push(*more);
        return first;
    }
    return nullptr;
}

/// Gives an idle scheduler something to do. Processes that have not run yet are handed over at once, to one that is only
/// much less busy as well: by the time a thief comes they may have begun here, and then they stay. Servers are only pointed out,
/// and only once they have been waiting for some dispatches: a burst that is over at once is not worth a wake-up.
void Scheduler::share_work() noexcept {
    constexpr std::uint32_t enough = 16;
    if (!queue_.has_spare() || queue_length() < 2) {
        share_credit_ = 0;
        return;
    }
    const bool has_new = queue_.new_count() > 0;
    share_credit_ += queue_.movable_count();
    if (!has_new && share_credit_ < enough)
        return;
    share_credit_ = 0;
    Scheduler* taker = group_.idle_one();
    if (!has_new) {
        if (taker != nullptr)
            taker->notify();
        return;
    }
    if (taker == nullptr) {
        Scheduler& shortest = group_.shortest();
        if (queue_length() <= 2 * (shortest.queue_length() + 1))
            return; // else two that each run a loop would hand a new process to and fro
        taker = &shortest;
    }
    ReadyList given = queue_.steal();
    while (Schedulable* process = given.pop())
        taker->enqueue(*process);
}

void Scheduler::hand_over_movable() noexcept {
    ReadyList movable = queue_.take_movable();
    while (Schedulable* process = movable.pop())
        group_.shortest().enqueue(*process);
}

void Scheduler::set_online(bool online) {
    online_.store(online, std::memory_order_relaxed);
    post([](Scheduler& self) {
        if (!self.is_online())
            self.hand_over_movable();
    });
}

} // namespace fiberscope::detail
