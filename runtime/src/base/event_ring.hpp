// SPDX-License-Identifier: BSL-1.0
/// The last events of a Node.
#pragma once

#include <fiberscope/events.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace fiberscope::detail {

/// A bounded ring: the newest event overwrites the oldest. Readers poll with the seq that they have seen.
/// **Thread:** any. **Blocks:** a mutex held for one append, or for the copy of 64 events.
class EventRing {
public:
    explicit EventRing(std::size_t capacity);

    /// Gives `event` its seq and time and stores it.
    void append(Event event);
    /// Events after `seq` that the ring holds, and exactly how many it no longer held.
    EventBatch after(std::uint64_t seq) const;

private:
    /// Copies some events after `seq`, none beyond `last`, counts those overwritten; returns the seq it came to.
    std::uint64_t copy_some(std::uint64_t seq, std::uint64_t last, EventBatch& batch) const;

    const std::size_t capacity_;
    mutable std::mutex mutex_; ///< protects ring_ and last_
    std::vector<Event> ring_;  ///< event of seq s at (s - 1) % capacity_; grows up to capacity_
    std::uint64_t last_ = 0;   ///< seq of the newest event
};

} // namespace fiberscope::detail
