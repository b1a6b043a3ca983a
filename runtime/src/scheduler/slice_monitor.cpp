// SPDX-License-Identifier: BSL-1.0
#include "scheduler/slice_monitor.hpp"

#include "scheduler/scheduler_group.hpp"

#include <algorithm>
#include <thread>

#include <pthread.h>

namespace fiberscope::detail {

namespace {

constexpr std::int64_t millisecond_ns = 1'000'000;
constexpr std::int64_t rest_ns = 20 * millisecond_ns;
constexpr int quiet_looks_before_rest = 3;
constexpr int still_looks_before_sleep = 50;
/// After a refusal: in a moment the process may be back in its own code.
constexpr std::int64_t retry_ns = 100'000;
constexpr std::uint32_t quick_retries = 100;

} // namespace

SliceMonitor& SliceMonitor::instance() {
    static SliceMonitor& monitor = *new SliceMonitor;
    return monitor;
}

SliceMonitor* SliceMonitor::made_ = nullptr;

SliceMonitor::SliceMonitor() {
    made_ = this;
    std::thread{[this] { run(); }}.detach();
}

void SliceMonitor::add(Scheduler& scheduler) {
    const std::lock_guard lock{mutex_};
    watched_.push_back(Watched{&scheduler});
}

void SliceMonitor::remove(Scheduler& scheduler) {
    const std::lock_guard lock{mutex_};
    std::erase_if(watched_, [&scheduler](const Watched& watched) { return watched.scheduler == &scheduler; });
}

void SliceMonitor::wake(Pace pace) noexcept {
    {
        const std::lock_guard lock{mutex_};
        if (pace_.load(std::memory_order_relaxed) >= pace)
            return;
        pace_.store(pace, std::memory_order_relaxed);
    }
    changed_.notify_all();
}

void SliceMonitor::run() {
    ::pthread_setname_np(::pthread_self(), "fs-monitor");
    int quiet_looks = 0;
    int still_looks = 0;
    std::unique_lock lock{mutex_};
    for (;;) {
        const Pace pace = pace_.load(std::memory_order_relaxed);
        const auto is_disturbed = [&] { return pace_.load(std::memory_order_relaxed) > pace; };
        // Who has work for the monitor makes it visible first and looks at the pace then; here it is the other way round.
        std::atomic_thread_fence(std::memory_order_seq_cst);
        const std::int64_t now_ns = clock_ns();
        const std::int64_t next_ns = look(now_ns);
        if (pace == Pace::asleep && !something_ran_)
            changed_.wait(lock, is_disturbed);
        else {
            const std::int64_t longest_ns = pace == Pace::watching ? millisecond_ns : rest_ns;
            changed_.wait_for(lock, std::chrono::nanoseconds{std::min(next_ns - now_ns, longest_ns)}, is_disturbed);
        }
        quiet_looks = someone_waits_ ? 0 : quiet_looks + 1;
        still_looks = something_ran_ ? 0 : still_looks + 1;
        if (is_disturbed())
            quiet_looks = still_looks = 0;
        else if (quiet_looks == 0)
            pace_.store(Pace::watching, std::memory_order_relaxed);
        else if (still_looks >= still_looks_before_sleep)
            pace_.store(Pace::asleep, std::memory_order_relaxed);
        else if (pace == Pace::asleep || quiet_looks >= quiet_looks_before_rest)
            pace_.store(Pace::resting, std::memory_order_relaxed);
    }
}

/// Looks at every scheduler and says when to look again. **Pre-condition** of this and the following: mutex_ is held.
std::int64_t SliceMonitor::look(std::int64_t now_ns) {
    someone_waits_ = something_ran_ = false;
    std::int64_t next_ns = never_ns;
    for (Watched& watched : watched_)
        next_ns = std::min(next_ns, look_at(watched, now_ns));
    return next_ns;
}

std::int64_t SliceMonitor::look_at(Watched& watched, std::int64_t now_ns) {
    Scheduler& scheduler = *watched.scheduler;
    const RunningSlice slice = scheduler.slice().now();
    if (slice != watched.slice) {
        something_ran_ = true;
        begin(watched, slice);
    }
    if (slice.process == nullptr)
        return never_ns;
    something_ran_ = true;
    watched.is_wanted = slice.process->is_wanted.load(std::memory_order_relaxed);
    if (!watched.is_wanted && !scheduler.is_waited_for(now_ns))
        return scheduler.next_timer_ns();
    someone_waits_ = true;
    pace_.store(Pace::watching, std::memory_order_relaxed); // before others are handed work: they would wake this thread
    watched.waited_since_ns = std::min(watched.waited_since_ns, now_ns);
    return std::min(urge(watched, now_ns), report(watched, now_ns));
}

void SliceMonitor::begin(Watched& watched, const RunningSlice& slice) noexcept {
    Scheduler& scheduler = *watched.scheduler;
    scheduler.slice().set_stuck(false);
    watched = Watched{&scheduler};
    watched.slice = slice;
}

/// Flags the slice, and signals its process if that does not help in time. Returns when the next step is due.
std::int64_t SliceMonitor::urge(Watched& watched, std::int64_t now_ns) {
    Scheduler& scheduler = *watched.scheduler;
    const SchedulerSettings& settings = scheduler.group().settings();
    const std::int64_t flag_at_ns = watched.slice.began_ns + settings.slice.count();
    if (now_ns < flag_at_ns && !watched.is_wanted)
        return flag_at_ns;
    scheduler.slice().request_preemption();
    if (!scheduler.may_signal(*watched.slice.process))
        return never_ns;
    if (watched.flagged_at_ns == never_ns) {
        watched.flagged_at_ns = watched.is_wanted ? now_ns : std::max(flag_at_ns, watched.waited_since_ns);
        watched.signal_at_ns = watched.flagged_at_ns + settings.signal_slice.count() - settings.slice.count();
    }
    if (now_ns >= watched.signal_at_ns) {
        scheduler.send_signal(watched.slice, false);
        watched.signal_at_ns = now_ns + (++watched.signals_sent <= quick_retries ? retry_ns : millisecond_ns);
    }
    return watched.signal_at_ns;
}

/// A slice that nothing ends: asks for its stack, and tells the Node when that has come; a thread that the operating system
/// does not run just now does not answer, and is not to blame. Returns when to look again.
std::int64_t SliceMonitor::report(Watched& watched, std::int64_t now_ns) {
    constexpr std::int64_t patience = 10;
    Scheduler& scheduler = *watched.scheduler;
    const std::int64_t waits_ns = std::max(watched.slice.began_ns, watched.waited_since_ns);
    const std::int64_t long_ns = scheduler.group().settings().long_schedule.count();
    if (now_ns < waits_ns + long_ns)
        return waits_ns + long_ns;
    if (!watched.is_stack_asked_for) {
        watched.is_stack_asked_for = true;
        static_cast<void>(scheduler.slice().stack_request.take()); // of an earlier slice
        scheduler.send_signal(watched.slice, true);
        return now_ns + retry_ns;
    }
    if (!watched.is_reported) {
        RawStack stack = scheduler.slice().stack_request.take();
        if (stack.empty() && now_ns < waits_ns + patience * long_ns)
            return now_ns + millisecond_ns;
        const std::uint64_t id_bits = watched.slice.process->id_bits();
        if (scheduler.slice().now() != watched.slice)
            return now_ns; // over, and the next process may live where this one did
        watched.is_reported = true;
        scheduler.slice().set_stuck(true);
        scheduler.group().client().slice_is_long(scheduler, *watched.slice.process, id_bits, now_ns - watched.slice.began_ns,
                                                 watched.is_wanted, std::move(stack));
    }
    scheduler.rescue_work();
    scheduler.group().wake_idle();
    return never_ns;
}

} // namespace fiberscope::detail
