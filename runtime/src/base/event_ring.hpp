// SPDX-License-Identifier: BSL-1.0
/// The last events of a Node.
#pragma once

#include <fiberscope/events.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace fiberscope::detail {

/// A bounded ring: the newest event overwrites the oldest. Readers poll with the seq that they have seen.
/// It has two lanes, so that what matters (restarts, crashes, kills, applications, warnings) is not overwritten by what
/// comes by the hundred thousand (normal exits, progress reports).
/// **Thread:** any. **Blocks:** a mutex held for one append, or for the copy of 64 events.
class EventRing {
public:
    /// `capacity`: events that each lane holds.
    explicit EventRing(std::size_t capacity);

    /// Gives `event` its seq and time and stores it.
    void append(Event event);
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
    struct Lane {
        std::vector<Event> events; ///< the n-th event of the lane at (n - 1) % capacity; grows up to capacity
        std::uint64_t count = 0;   ///< events that ever came into the lane
    };
    Event& slot(Lane& lane, std::uint64_t number) const noexcept { return lane.events[(number - 1) % capacity_]; }
    const Event& slot(const Lane& lane, std::uint64_t number) const noexcept { return lane.events[(number - 1) % capacity_]; }
    /// Number of the lane's first event after `seq` that it holds; one more than its last if there is none.
    std::uint64_t first_after(const Lane& lane, std::uint64_t seq) const noexcept;
    /// Copies some events after `seq`, none beyond `last`, and moves `seq` on. False: there are no more.
    bool copy_some(std::uint64_t& seq, std::uint64_t last, EventBatch& batch) const;
    bool wakes_follower(const Event& event) const noexcept;

    const std::size_t capacity_;
    mutable std::mutex mutex_;  ///< protects lanes_ and last_
    std::array<Lane, 2> lanes_; ///< what matters, and the rest
    std::uint64_t last_ = 0;    ///< seq of the newest event
    static constexpr int never_wakes = 255;
    std::atomic<int> wakes_from_{never_wakes}; ///< the level; written by who has log handlers
    std::atomic<int> news_{0};                 ///< written by whoever wakes the follower
};

} // namespace fiberscope::detail
