// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace fiberscope::detail {

class Scheduler;

/// Step 2 of preemption: one thread a program that looks at the schedulers, and asks a process whose slice has lasted
/// too long, while somebody waits behind it, to give way. Sleeps without limit while nobody waits anywhere.
/// **Thread:** any.
class SliceMonitor {
public:
    static SliceMonitor& instance();

    void add(Scheduler& scheduler, std::chrono::nanoseconds slice);
    void remove(Scheduler& scheduler);
    /// Somebody waits behind a running process: look from now on. Costs one read unless the monitor sleeps.
    void watch() noexcept {
        if (parked_.load(std::memory_order_relaxed))
            unpark();
    }

private:
    struct Watched {
        Scheduler* scheduler;
        std::chrono::nanoseconds slice;
        std::uint64_t seen_slice = 0;
    };

    SliceMonitor();
    ~SliceMonitor();
    void unpark() noexcept;
    void run();
    bool look();

    std::mutex mutex_; ///< protects watched_, woken_, ending_
    std::condition_variable changed_;
    std::vector<Watched> watched_;
    bool woken_ = false;
    bool ending_ = false;
    std::atomic<bool> parked_{true};
    std::thread thread_;
};

} // namespace fiberscope::detail
