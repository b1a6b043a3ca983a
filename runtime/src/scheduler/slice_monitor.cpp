// SPDX-License-Identifier: BSL-1.0
#include "scheduler/slice_monitor.hpp"

#include "scheduler/scheduler.hpp"

#include <algorithm>

#include <pthread.h>

namespace fiberscope::detail {

SliceMonitor& SliceMonitor::instance() {
    static SliceMonitor monitor;
    return monitor;
}

SliceMonitor::SliceMonitor() : thread_{[this] { run(); }} {}

SliceMonitor::~SliceMonitor() {
    {
        const std::lock_guard lock{mutex_};
        ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void SliceMonitor::add(Scheduler& scheduler, std::chrono::nanoseconds slice) {
    const std::lock_guard lock{mutex_};
    watched_.push_back({&scheduler, slice});
}

void SliceMonitor::remove(Scheduler& scheduler) {
    const std::lock_guard lock{mutex_};
    std::erase_if(watched_, [&scheduler](const Watched& watched) { return watched.scheduler == &scheduler; });
}

void SliceMonitor::unpark() noexcept {
    {
        const std::lock_guard lock{mutex_};
        woken_ = true;
        parked_.store(false, std::memory_order_relaxed);
    }
    changed_.notify_all();
}

void SliceMonitor::run() {
    constexpr int quiet_looks_before_parking = 3;
    ::pthread_setname_np(::pthread_self(), "fs-monitor");
    int quiet_looks = 0;
    std::unique_lock lock{mutex_};
    while (!ending_) {
        if (quiet_looks >= quiet_looks_before_parking) {
            woken_ = false;
            parked_.store(true, std::memory_order_relaxed);
            changed_.wait(lock, [this] { return woken_ || ending_; });
            quiet_looks = 0;
        }
        auto period = std::chrono::nanoseconds{std::chrono::milliseconds{1}};
        for (const Watched& watched : watched_)
            period = std::min(period, watched.slice);
        changed_.wait_for(lock, period, [this] { return ending_; });
        quiet_looks = look() ? 0 : quiet_looks + 1;
    }
}

/// One look at every scheduler; true if somebody waits anywhere. **Pre-condition:** mutex_ is held.
bool SliceMonitor::look() {
    bool contended = false;
    for (Watched& watched : watched_) {
        if (!watched.scheduler->is_contended())
            continue;
        contended = true;
        const std::uint64_t slice = watched.scheduler->slices();
        if (slice == watched.seen_slice)
            watched.scheduler->request_preemption();
        watched.seen_slice = slice;
    }
    return contended;
}

} // namespace fiberscope::detail
