// SPDX-License-Identifier: BSL-1.0
/// Work that a scheduler gets from others and leaves to them.
#include "scheduler/scheduler.hpp"

#include "scheduler/scheduler_group.hpp"
#include "scheduler/slice_monitor.hpp"

#include <algorithm>
#include <utility>

namespace fiberscope::detail {

// -- waking ----
//
// Who owns a process wakes it, under the lock of its queue, by plain stores. Anybody else adopts it first, if its owner sleeps;
// if not, he pokes the owner, who looks then. A process that goes waiting looks at what has come after it was last looked at, so
// of two that meet there one sees the other: a poke that comes too early finds the process running, which will look itself.

bool Scheduler::wake_here(Schedulable& process) noexcept {
    queue_.lock().lock();
    if (process.home.load(std::memory_order_acquire) != this) { // acquire: another may have given it here
        queue_.lock().unlock();
        if (!adopt(process))
            return false;
        queue_.lock().lock();
    }
    const bool wakes = make_runnable(process);
    queue_.lock().unlock();
    if (wakes)
        watch_if_busy();
    return true;
}

bool Scheduler::adopt(Schedulable& process) noexcept {
    Scheduler* owner = process.home.load(std::memory_order_acquire);
    if (owner == this)
        return true;
    if (owner == nullptr || &owner->group_ != &group_ || !is_online() || !owner->gate_.try_enter())
        return false;
    const bool takes = process.home.load(std::memory_order_relaxed) == owner &&
                       process.run_state.load(std::memory_order_acquire) == RunState::waiting && process.may_move();
    if (takes)
        changes_hands(process, *this);
    owner->gate_.leave();
    return takes;
}

void Scheduler::changes_hands(Schedulable& process, Scheduler& to) noexcept {
    Scheduler* from = process.home.load(std::memory_order_relaxed);
    if (from != nullptr && process.fiber.load(std::memory_order_relaxed) != nullptr) {
        from->fibers_.is_back();
        to.fibers_.is_lent();
    }
    process.home.store(&to, std::memory_order_seq_cst);
}

void Scheduler::poke(Schedulable& process) noexcept {
    inbox_.poke(process);
    alert();
}

/// Something has been left in the inbox.
void Scheduler::alert() noexcept {
    if (!is_idle())
        SliceMonitor::get().watch();
    notify();
}

void Scheduler::watch_if_busy() noexcept {
    if (slice_.running() != 0)
        SliceMonitor::get().watch();
}

void Scheduler::drain_pokes() noexcept {
    Schedulable* oldest = inbox_.take_poked();
    while (oldest != nullptr) {
        Schedulable& process = *std::exchange(oldest, oldest->poke_next);
        process.is_poked.store(false, std::memory_order_seq_cst); // before the look
        if (!wake_here(process))
            group_.poke(process); // it has moved
    }
}

// -- what it is given ----

void Scheduler::enqueue(Schedulable& process) noexcept {
    changes_hands(process, *this);
    if (current() == this) {
        queue_.push(process);
        watch_if_busy();
        return;
    }
    inbox_.give(process);
    alert();
}

void Scheduler::drain_inbox() noexcept {
    Schedulable* oldest = inbox_.take_given();
    while (oldest != nullptr)
        queue_.push(*std::exchange(oldest, oldest->queue_next));
}

void Scheduler::requeue_those_without_fiber() noexcept {
    while (Schedulable* process = without_fiber_.pop())
        queue_.push(*process);
}

void Scheduler::rescue_work() noexcept {
    Scheduler& other = group_.shortest();
    if (&other == this)
        return;
    Schedulable* given = inbox_.take_given();
    while (given != nullptr)
        other.enqueue(*std::exchange(given, given->queue_next));
    if (!inbox_.has_poked() || !queue_.lock().try_lock_as_thief())
        return;
    ReadyList woken = gate_.is_held() ? take_woken(other) : ReadyList{};
    queue_.lock().unlock_as_thief();
    while (Schedulable* process = woken.pop())
        other.enqueue(*process);
}

/// Those that were poked, wait and may move: runnable, and `taker`'s. **Pre-condition:** the lock is held by a thief, and nobody
/// may adopt from here.
ReadyList Scheduler::take_woken(Scheduler& taker) noexcept {
    ReadyList woken;
    Schedulable* poked = inbox_.take_poked();
    while (poked != nullptr) {
        Schedulable& process = *std::exchange(poked, poked->poke_next);
        process.is_poked.store(false, std::memory_order_seq_cst);
        const bool is_to_wake = process.home.load(std::memory_order_relaxed) == this &&
                                process.run_state.load(std::memory_order_acquire) == RunState::waiting;
        if (is_to_wake && process.may_move()) {
            process.run_state.store(RunState::runnable, std::memory_order_relaxed);
            changes_hands(process, taker);
            woken.push(process);
        } else
            group_.poke(process);
    }
    return woken;
}

void Scheduler::post(Inbox::Request request) {
    inbox_.post(std::move(request));
    slice_.request_preemption();
    alert();
}

void Scheduler::run_requests() {
    for (Inbox::Request& request : inbox_.take_requests())
        request(*this);
}

// -- what it takes from others, and leaves to them ----

/// It has something that others may as well run; all that it could give, if it does not get to it itself.
bool Scheduler::has_spare() const noexcept {
    return queue_.has_spare() || ((slice_.is_stuck() || !is_online()) && queue_.movable_count() > 0);
}

/// Where all are restless what one gives away is not taken back.
bool Scheduler::may_steal() const noexcept {
    return is_online() && !group_.is_restless();
}

/// To take interrupts the owner and costs both some microseconds, so no more than a part of the time goes there: what one
/// scheduler makes and ends faster than another can take it is left to it. Where nothing was to be had though there is something
/// (its owner is in its lock, or has just left a process), it is tried again ever later.
Schedulable* Scheduler::steal() noexcept {
    constexpr std::int64_t shortest_pause_ns = 10'000;
    constexpr std::int64_t longest_pause_ns = 1'000'000;
    constexpr std::int64_t pause_by_cost = 16;
    if (!may_steal() || now_ns_ < next_steal_ns_)
        return nullptr;
    const auto& all = group_.schedulers();
    bool found_nothing = false;
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
        Scheduler& victim = *all[(id_ + i) % all.size()]; // ids are 1-based: begins with the next one
        if (!victim.has_spare())
            continue;
        const std::int64_t began_ns = clock_.now();
        ReadyList stolen = victim.queue_.steal(*this);
        Schedulable* first = stolen.pop();
        found_nothing = first == nullptr;
        if (found_nothing)
            continue;
        counters.steals.add(stolen.size() + 1);
        while (Schedulable* more = stolen.pop())
            queue_.push(*more);
        now_ns_ = clock_.now();
        steal_pause_ns_ = 0;
        next_steal_ns_ = now_ns_ + std::min(pause_by_cost * (now_ns_ - began_ns), longest_pause_ns);
        return first;
    }
    if (found_nothing) {
        steal_pause_ns_ = std::clamp(2 * steal_pause_ns_, shortest_pause_ns, longest_pause_ns);
        next_steal_ns_ = now_ns_ + steal_pause_ns_;
    }
    return nullptr;
}

/// Points out to an idle scheduler what has been waiting here for a while: what is over at once is not worth a wake-up. If all
/// have something to do, gives what is too much to the one that has least, now and then.
void Scheduler::share_work() noexcept {
    constexpr std::int64_t patience_ns = 50'000;
    constexpr std::int64_t between_ns = 5'000'000;
    if (!queue_.has_spare()) {
        share_since_ns_ = now_ns_;
        return;
    }
    if (now_ns_ - share_since_ns_ < patience_ns)
        return;
    share_since_ns_ = now_ns_;
    if (Scheduler* taker = group_.idle_one())
        return taker->notify();
    if (now_ns_ < next_balance_ns_)
        return;
    next_balance_ns_ = now_ns_ + between_ns;
    Scheduler& shortest = group_.shortest();
    const std::uint32_t own = queue_length();
    const std::uint32_t other = shortest.queue_length();
    if (&shortest != this && own >= other + 2)
        give_to(shortest, (own - other) / 2);
}

void Scheduler::give_to(Scheduler& taker, std::uint32_t most) noexcept {
    ReadyList given = queue_.take_movable(most);
    while (Schedulable* process = given.pop())
        taker.enqueue(*process);
}

/// Gives whom it was to run to the next scheduler, once each time that it is ready. False: it is run here.
bool Scheduler::pass_on(Schedulable& process) noexcept {
    if (std::exchange(process.was_passed_on, false) || !process.may_move())
        return false;
    Scheduler& other = *group_.schedulers()[id_ % group_.online()];
    if (&other == this)
        return false;
    process.was_passed_on = true;
    other.enqueue(process);
    return true;
}

/// One that is offline runs nothing that others could run.
void Scheduler::hand_over_movable() noexcept {
    ReadyList movable = queue_.take_movable(~0U);
    while (Schedulable* process = movable.pop())
        group_.shortest().enqueue(*process);
}

void Scheduler::set_online(bool online) {
    online_.store(online, std::memory_order_relaxed);
    post([](Scheduler&) {}); // it looks at what it is
}

} // namespace fiberscope::detail
