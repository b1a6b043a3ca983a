// SPDX-License-Identifier: BSL-1.0
/// When a scheduler does something later, and how it sleeps until then.
#include "scheduler/scheduler.hpp"

#include "scheduler/scheduler_group.hpp"

#include <algorithm>

namespace fiberscope::detail {

// -- time ----

void Scheduler::arm(Schedulable& process, std::int64_t at_ns) {
    timers_.make_room(); // what may fail comes first
    // The owner stores wake_at_ns first, then looks at timer_entry_ns; `fire` clears timer_entry_ns first, then looks at
    // wake_at_ns: one of the two sees the other, so no timeout is lost.
    process.wake_at_ns.store(at_ns, std::memory_order_seq_cst);
    std::int64_t entry = process.timer_entry_ns.load(std::memory_order_seq_cst);
    while (entry > at_ns)
        if (process.timer_entry_ns.compare_exchange_weak(entry, at_ns, std::memory_order_seq_cst)) {
            timers_.add(now_ns_, at_ns, &process, 0);
            return;
        }
}

void Scheduler::fire_timers() noexcept {
    while (now_ns_ >= timers_.next_ns())
        fire(timers_.pop());
}

void Scheduler::fire(const TimerQueue::Entry& entry) noexcept {
    if (entry.process == nullptr) {
        group_.client().fire_timer(*this, entry.timer);
        return;
    }
    Schedulable& process = *entry.process;
    std::int64_t expected = entry.at_ns;
    if (!process.timer_entry_ns.compare_exchange_strong(expected, never_ns, std::memory_order_seq_cst))
        return; // an earlier entry has taken its place
    const std::int64_t wanted = process.wake_at_ns.load(std::memory_order_seq_cst);
    if (wanted <= now_ns_)
        group_.wake(process);
    else if (wanted != never_ns) {
        std::int64_t none = never_ns;
        if (process.timer_entry_ns.compare_exchange_strong(none, wanted, std::memory_order_seq_cst))
            timers_.add(now_ns_, wanted, &process, 0); // in the room of this entry
    }
}

// -- sleep ----

void Scheduler::idle() noexcept {
    now_ns_ = clock_.now();
    idle_.store(true, std::memory_order_seq_cst); // until it begins a process
    if (has_pending() || is_done() || now_ns_ >= timers_.next_ns())
        return;
    release();
    counters.falls_idle(now_ns_);
    const std::int64_t began_ns = now_ns_;
    spin();
    if (!is_there_work())
        sleep_until(std::min(timers_.next_ns(), next_look_ns()));
    gate_.take_back();
    now_ns_ = clock_.now();
    work_time_.restart(now_ns_);
    counters.was_idle(began_ns, now_ns_);
}

/// From here on others may adopt its waiting processes. Under the lock, since the monitor may just now take some of them there.
void Scheduler::release() noexcept {
    queue_.lock().lock();
    gate_.release();
    queue_.lock().unlock();
}

/// Something is on its way here, or could be taken from others.
bool Scheduler::is_there_work() const noexcept {
    if (has_pending())
        return true;
    return others_have_spare() && clock_ns() >= next_steal_ns_;
}

bool Scheduler::others_have_spare() const noexcept {
    const auto& all = group_.schedulers();
    return may_steal() && std::any_of(all.begin(), all.end(), [](const auto& other) { return other->has_spare(); });
}

/// When to try again to take what could not be had just now.
std::int64_t Scheduler::next_look_ns() const noexcept {
    return others_have_spare() ? next_steal_ns_ : never_ns;
}

/// A few microseconds of looking around: cheaper than a sleep where an answer is on its way from another scheduler.
/// Counted as idle, as BEAM counts its busy waiting.
void Scheduler::spin() const noexcept {
    constexpr std::int64_t spin_ns = 10'000;
    const std::int64_t until_ns = now_ns_ + spin_ns;
    while (!is_there_work() && clock_ns() < until_ns)
        for (int i = 0; i < 16; ++i)
            __builtin_ia32_pause();
}

void Scheduler::sleep_until(std::int64_t at_ns) noexcept {
    at_ns = std::min(at_ns, fibers_.trim_if_due(now_ns_));
    asleep_.store(true, std::memory_order_seq_cst);
    group_.maybe_quiet();
    if (!has_pending() && !is_done())
        wake_.wait(at_ns);
    counters.wake_ups.add();
    asleep_.store(false, std::memory_order_seq_cst);
}

void Scheduler::notify() noexcept {
    if (asleep_.load(std::memory_order_seq_cst))
        wake_.notify();
}

bool Scheduler::is_done() const noexcept {
    return group_.is_stopping() && queue_.empty() && without_fiber_.empty() && !has_pending();
}

bool Scheduler::is_asleep() const noexcept {
    return asleep_.load(std::memory_order_seq_cst);
}

} // namespace fiberscope::detail
