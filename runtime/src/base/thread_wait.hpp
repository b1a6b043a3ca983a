// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace fiberscope::detail {

/// How a thread sleeps until another has something for it: a scheduler, or the thread of an external process.
class ThreadWait {
public:
    /// **Thread:** any.
    void notify() {
        notify_with([] {});
    }
    /// The same, after `change`. The waiter may destroy this object as soon as it sees the change: all is done by then.
    template <class Change>
    void notify_with(Change change) {
        const std::lock_guard lock{mutex_};
        change();
        notified_ = true;
        changed_.notify_one();
    }
    /// **Blocks:** the thread, until a notify since the last wait, or the deadline.
    void wait(std::int64_t deadline_ns) {
        std::unique_lock lock{mutex_};
        const auto notified = [this] { return notified_; };
        if (deadline_ns == never_ns)
            changed_.wait(lock, notified);
        else
            changed_.wait_until(lock, std::chrono::steady_clock::time_point{std::chrono::nanoseconds{deadline_ns}}, notified);
        notified_ = false;
    }

private:
    std::mutex mutex_; ///< protects notified_
    std::condition_variable changed_;
    bool notified_ = false;
};

} // namespace fiberscope::detail
