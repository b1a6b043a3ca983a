// SPDX-License-Identifier: BSL-1.0
#include "scheduler/scheduler_group.hpp"

#include "scheduler/slice_monitor.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace fiberscope::detail {

namespace {

std::chrono::steady_clock::time_point time_point(std::int64_t at_ns) {
    return std::chrono::steady_clock::time_point{std::chrono::nanoseconds{at_ns}};
}

} // namespace

SchedulerGroup::SchedulerGroup(const SchedulerSettings& settings, SchedulerClient& client)
    : settings_{settings}, client_{client}, stacks_{settings.stack_guards}, online_{settings.schedulers},
      blocking_pool_{settings.blocking_threads, [&client](std::uint32_t threads, std::uint32_t waiting_jobs) {
                         client.blocking_pool_is_full(threads, waiting_jobs);
                     }} {
    for (std::uint32_t id = 1; id <= settings.schedulers; ++id)
        schedulers_.push_back(std::make_unique<Scheduler>(*this, id));
}

SchedulerGroup::~SchedulerGroup() {
    for (std::thread& thread : threads_)
        if (thread.joinable())
            thread.join();
}

std::string SchedulerGroup::signals_refused_because() const {
    return settings_.signal_handlers ? preemption_signal::refused_because() : "the node is to install no signal handlers";
}

void SchedulerGroup::start() {
    static_cast<void>(SliceMonitor::instance()); // its thread: schedulers call it where nothing may fail
    try {
        start_threads();
    } catch (...) {
        stop(never_ns);
        throw;
    }
}

void SchedulerGroup::start_threads() {
    threads_.reserve(schedulers_.size());
    for (const auto& scheduler : schedulers_) {
        threads_.emplace_back([this, &scheduler = *scheduler] { run_thread(scheduler); });
        const std::lock_guard lock{mutex_};
        ++threads_running_;
    }
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return failure_ != nullptr || threads_ready_ == schedulers_.size(); });
    if (failure_ != nullptr)
        std::rethrow_exception(std::exchange(failure_, nullptr));
}

void SchedulerGroup::run_thread(Scheduler& scheduler) noexcept {
    std::exception_ptr failure;
    try {
        scheduler.run();
    } catch (...) {
        failure = std::current_exception();
    }
    const std::lock_guard lock{mutex_};
    if (failure != nullptr)
        failure_ = std::move(failure);
    --threads_running_;
    changed_.notify_all();
}

void SchedulerGroup::thread_is_ready() noexcept {
    const std::lock_guard lock{mutex_};
    ++threads_ready_;
    changed_.notify_all();
}

bool SchedulerGroup::stop(std::int64_t deadline_ns) {
    stopping_.store(true, std::memory_order_seq_cst);
    for (const auto& scheduler : schedulers_) {
        scheduler->slice().request_preemption();
        scheduler->notify();
    }
    blocking_pool_.stop();
    bool ended = false;
    {
        std::unique_lock lock{mutex_};
        const auto all_have_ended = [this] { return threads_running_ == 0; };
        if (deadline_ns == never_ns)
            changed_.wait(lock, all_have_ended);
        ended = changed_.wait_until(lock, time_point(deadline_ns), all_have_ended);
    }
    for (std::thread& thread : threads_)
        ended ? thread.join() : thread.detach();
    threads_.clear();
    return ended;
}

bool SchedulerGroup::is_inside() const noexcept {
    const Scheduler* here = Scheduler::current();
    return (here != nullptr && &here->group() == this) || blocking_pool_.is_own_thread();
}

// -- where work goes ----

void SchedulerGroup::wake(Schedulable& process) noexcept {
    Scheduler* here = Scheduler::current();
    if (here == nullptr || &here->group() != this || !here->wake_here(process))
        poke(process);
}

void SchedulerGroup::poke(Schedulable& process) noexcept {
    if (process.is_poked.exchange(true, std::memory_order_seq_cst))
        return;
    if (Scheduler* home = process.home.load(std::memory_order_seq_cst))
        home->poke(process);
    else
        process.is_poked.store(false, std::memory_order_seq_cst); // it has not begun: it looks when it does
}

void SchedulerGroup::submit(Schedulable& process) noexcept {
    process.is_new = true;
    process.run_state.store(RunState::runnable, std::memory_order_release);
    Scheduler* here = Scheduler::current();
    const bool inside = here != nullptr && &here->group() == this && here->is_online();
    (inside ? *here : shortest()).enqueue(process);
}

Scheduler& SchedulerGroup::shortest() const noexcept {
    Scheduler* best = schedulers_.front().get();
    std::uint32_t best_length = ~0U;
    constexpr std::uint32_t stuck_counts_as = 1'000'000;
    for (std::uint32_t i = 0; i < online(); ++i) {
        const std::uint32_t length = schedulers_[i]->queue_length() + (schedulers_[i]->is_idle() ? 0U : 1U) +
                                     (schedulers_[i]->slice().is_stuck() ? stuck_counts_as : 0U);
        if (length < best_length) {
            best = schedulers_[i].get();
            best_length = length;
        }
    }
    return *best;
}

bool SchedulerGroup::set_online(std::uint32_t count) {
    if (count < 1 || count > settings_.schedulers)
        return false;
    const std::lock_guard lock{online_mutex_};
    online_.store(count, std::memory_order_relaxed);
    for (const auto& scheduler : schedulers_)
        if (scheduler->is_online() != (scheduler->id() <= count))
            scheduler->set_online(scheduler->id() <= count);
    return true;
}

Scheduler* SchedulerGroup::idle_one() const noexcept {
    for (std::uint32_t i = 0; i < online(); ++i)
        if (schedulers_[i].get() != Scheduler::current() && schedulers_[i]->is_idle())
            return schedulers_[i].get();
    return nullptr;
}

void SchedulerGroup::wake_idle() noexcept {
    for (std::uint32_t i = 0; i < online(); ++i)
        schedulers_[i]->notify();
}

// -- quiet ----

/// True if at one moment between the two looks everybody slept with nothing on its way: a scheduler that woke in
/// between counts it.
bool SchedulerGroup::is_quiet() const noexcept {
    std::uint64_t wake_ups[2] = {0, 0};
    for (std::uint64_t& total : wake_ups) {
        if (blocking_pool_.in_flight() > 0)
            return false;
        for (const auto& scheduler : schedulers_) {
            if (!scheduler->is_asleep() || scheduler->has_pending())
                return false;
            total += scheduler->wake_ups();
        }
    }
    return wake_ups[0] == wake_ups[1];
}

bool SchedulerGroup::wait_until_quiet(std::int64_t deadline_ns) {
    ++quiet_waiters_;
    std::unique_lock lock{mutex_};
    // a scheduler that goes to sleep notifies; the pool's threads do not, so there is a look now and then as well
    constexpr std::chrono::milliseconds between_looks{5};
    const auto is_still = [this] { return threads_running_ == 0 || is_quiet(); };
    bool quiet = is_still();
    while (!quiet && clock_ns() < deadline_ns) {
        changed_.wait_for(lock, between_looks);
        quiet = is_still();
    }
    --quiet_waiters_;
    return quiet;
}

void SchedulerGroup::maybe_quiet() noexcept {
    if (quiet_waiters_.load(std::memory_order_seq_cst) == 0)
        return;
    const std::lock_guard lock{mutex_};
    changed_.notify_all();
}

} // namespace fiberscope::detail
