// SPDX-License-Identifier: BSL-1.0
/// The last events of a Node.
#pragma once

#include "base/spin_lock.hpp"

#include <fiberscope/events.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace fiberscope::detail {

/// The exit event of a process that ended normally, without what such a one mostly has not: they come by the million.
struct NormalExit {
    std::uint64_t seq = 0;
    std::int64_t at_ns = 0; ///< of clock_ns
    Pid pid{};
    Atom name{};
    std::uint32_t initial_function = 0;
    std::uintptr_t initial_address = 0;
    const char* initial_type = nullptr;
    std::uint64_t age_ms = 0;

    /// `clock_to_system`: what a moment of clock_ns lacks to one of the system's clock.
    Event event(std::chrono::nanoseconds clock_to_system) const;
};

/// The newest events of one sort, by their number from 1 on. `T` has a `seq`.
/// **Thread:** its ring says.
template <class T>
class EventLane {
public:
    explicit EventLane(std::size_t capacity) : capacity_{capacity} { events_.reserve(capacity); }

    /// Keeps `event`, which becomes the one that this overwrites, if any.
    void append(T& event) {
        ++count_;
        if (events_.size() < capacity_)
            events_.push_back(std::move(event));
        else
            std::swap(slot(count_), event);
    }
    const T& operator[](std::uint64_t number) const noexcept { return events_[(number - 1) % capacity_]; }
    /// Events that ever came.
    std::uint64_t count() const noexcept { return count_; }
    std::uint64_t overwritten() const noexcept { return count_ - events_.size(); }
    /// Number of the first event after `seq` that it holds; one more than its last if there is none.
    std::uint64_t first_after(std::uint64_t seq) const noexcept {
        std::uint64_t low = overwritten() + 1;
        std::uint64_t high = count_ + 1;
        while (low < high) {
            const std::uint64_t middle = low + (high - low) / 2;
            if ((*this)[middle].seq > seq)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

private:
    T& slot(std::uint64_t number) noexcept { return events_[(number - 1) % capacity_]; }

    const std::size_t capacity_;
    std::vector<T> events_; ///< grows up to the capacity
    std::uint64_t count_ = 0;
};

/// A bounded ring: the newest event overwrites the oldest. Readers poll with the seq that they have seen.
/// It has lanes, so that what matters (restarts, crashes, kills, applications, warnings) is not overwritten by what
/// comes by the hundred thousand (normal exits, progress reports).
/// **Thread:** any. **Blocks:** a lock held for one append, or for the copy of 64 events.
class EventRing {
public:
    /// `capacity`: events that each lane holds.
    explicit EventRing(std::size_t capacity);

    /// Gives `event` its seq and time and stores it.
    void append(Event event);
    /// The same; its `seq` is not looked at.
    void append(NormalExit exit) noexcept;
    /// Events after `seq` that the ring holds, and exactly how many it no longer held.
    EventBatch after(std::uint64_t seq) const;
    std::uint64_t last_seq() const;

    // -- who follows the log: one thread ----

    /// How far a follower of the log has come.
    struct LogPosition {
        std::array<std::uint64_t, 2> read{}; ///< events of each lane
    };
    LogPosition end() const;
    /// Takes log events of at least `level` after `position`, and moves that on; `batch.lost`: events that it would have
    /// looked at, but the ring no longer held. False: there are no more.
    bool follow(LogPosition& position, LogLevel level, EventBatch& batch) const;
    /// From now on each log event of at least this level wakes the follower; nullopt: none does.
    void wake_follower_from(std::optional<LogLevel> level) noexcept;
    /// Changes with each event that wakes the follower.
    int news() const noexcept { return news_.load(std::memory_order_acquire); }
    /// **Blocks:** the follower's thread, while `news()` is what it was.
    void wait_for_news(int old) const noexcept { news_.wait(old, std::memory_order_acquire); }
    void wake_follower() noexcept;

private:
    /// Copies some events after `seq`, none beyond `last`, and moves `seq` on. False: there are no more.
    bool copy_some(std::uint64_t& seq, std::uint64_t last, std::chrono::nanoseconds clock_to_system, EventBatch& batch) const;
    bool wakes_follower(const Event& event) const noexcept;

    mutable SpinLock lock_;                 ///< protects the lanes and last_
    std::array<EventLane<Event>, 2> lanes_; ///< what matters, and the rest ...
    EventLane<NormalExit> exits_;           ///< ... but for these
    std::uint64_t last_ = 0;                ///< seq of the newest event
    static constexpr int never_wakes = 255;
    std::atomic<int> wakes_from_{never_wakes}; ///< the level; written by who has log handlers
    std::atomic<int> news_{0};                 ///< written by whoever wakes the follower
};

} // namespace fiberscope::detail
