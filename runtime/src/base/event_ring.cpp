// SPDX-License-Identifier: BSL-1.0
#include "base/event_ring.hpp"

#include <algorithm>
#include <utility>

namespace fiberscope::detail {

EventRing::EventRing(std::size_t capacity) : capacity_{std::max<std::size_t>(capacity, 1)} {
    ring_.reserve(capacity_);
}

void EventRing::append(Event event) {
    {
        const std::lock_guard lock{mutex_};
        event.seq = ++last_;
        event.at = std::chrono::system_clock::now();
        if (ring_.size() < capacity_)
            ring_.push_back(std::move(event));
        else
            std::swap(ring_[(last_ - 1) % capacity_], event);
    }
    // what it overwrote is freed here, outside of the lock
}

EventBatch EventRing::after(std::uint64_t seq) const {
    EventBatch batch;
    std::uint64_t last = 0;
    {
        const std::lock_guard lock{mutex_};
        last = last_;
    }
    batch.next_seq = std::max(seq, last);
    if (seq < last)
        batch.events.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(last - seq, capacity_)));
    while (seq < last)
        seq = copy_some(seq, last, batch);
    return batch;
}

std::uint64_t EventRing::copy_some(std::uint64_t seq, std::uint64_t last, EventBatch& batch) const {
    constexpr std::uint64_t at_once = 64;
    const std::lock_guard lock{mutex_};
    const std::uint64_t oldest = last_ - ring_.size() + 1;
    const std::uint64_t from = std::min(std::max(seq + 1, oldest), last + 1);
    const std::uint64_t to = std::min(last, from + at_once - 1);
    batch.lost += from - (seq + 1);
    for (std::uint64_t next = from; next <= to; ++next)
        batch.events.push_back(ring_[(next - 1) % capacity_]);
    return to;
}

} // namespace fiberscope::detail
