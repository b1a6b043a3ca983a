// SPDX-License-Identifier: BSL-1.0
#include "base/event_ring.hpp"

#include <algorithm>
#include <utility>

namespace fiberscope::detail {

namespace {

/// True for what comes in masses and is missed least.
bool is_routine(const Event& event) {
    if (event.kind == EventKind::exit)
        return event.reason.is_clean();
    return event.kind == EventKind::log && event.log != nullptr && event.log->level <= LogLevel::notice;
}

} // namespace

EventRing::EventRing(std::size_t capacity) : capacity_{std::max<std::size_t>(capacity, 1)} {
    for (Lane& lane : lanes_)
        lane.events.reserve(capacity_);
}

void EventRing::append(Event event) {
    Lane& lane = lanes_[is_routine(event) ? 1 : 0];
    const bool wakes = wakes_follower(event);
    {
        const std::lock_guard lock{mutex_};
        event.seq = ++last_;
        event.at = std::chrono::system_clock::now();
        ++lane.count;
        if (lane.events.size() < capacity_)
            lane.events.push_back(std::move(event));
        else
            std::swap(slot(lane, lane.count), event);
    }
    if (wakes)
        wake_follower();
    // what it overwrote is freed here, outside of the lock
}

std::uint64_t EventRing::last_seq() const {
    const std::lock_guard lock{mutex_};
    return last_;
}

EventBatch EventRing::after(std::uint64_t seq) const {
    EventBatch batch;
    const std::uint64_t last = last_seq();
    batch.next_seq = std::max(seq, last);
    for (std::uint64_t at = seq; at < last && copy_some(at, last, batch);) {
    }
    batch.lost = batch.next_seq - seq - batch.events.size();
    return batch;
}

std::uint64_t EventRing::first_after(const Lane& lane, std::uint64_t seq) const noexcept {
    std::uint64_t low = lane.count - lane.events.size() + 1;
    std::uint64_t high = lane.count + 1;
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        if (slot(lane, middle).seq > seq)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

bool EventRing::copy_some(std::uint64_t& seq, std::uint64_t last, EventBatch& batch) const {
    constexpr int at_once = 64;
    const std::lock_guard lock{mutex_};
    std::array<std::uint64_t, 2> next{first_after(lanes_[0], seq), first_after(lanes_[1], seq)};
    for (int copied = 0; copied < at_once; ++copied) {
        const Event* oldest = nullptr;
        std::size_t from = 0;
        for (std::size_t i = 0; i < lanes_.size(); ++i)
            if (next[i] <= lanes_[i].count && (oldest == nullptr || slot(lanes_[i], next[i]).seq < oldest->seq)) {
                oldest = &slot(lanes_[i], next[i]);
                from = i;
            }
        if (oldest == nullptr || oldest->seq > last)
            return false;
        seq = oldest->seq;
        batch.events.push_back(*oldest);
        ++next[from];
    }
    return true;
}

// -- who follows the log ----

bool EventRing::wakes_follower(const Event& event) const noexcept {
    return event.kind == EventKind::log && event.log != nullptr &&
           static_cast<int>(event.log->level) >= wakes_from_.load(std::memory_order_relaxed);
}

void EventRing::wake_follower_from(std::optional<LogLevel> level) noexcept {
    wakes_from_.store(level ? static_cast<int>(*level) : never_wakes, std::memory_order_relaxed);
}

void EventRing::wake_follower() noexcept {
    news_.fetch_add(1, std::memory_order_release);
    news_.notify_one();
}

EventRing::LogPosition EventRing::end() const {
    const std::lock_guard lock{mutex_};
    return {{lanes_[0].count, lanes_[1].count}};
}

bool EventRing::follow(LogPosition& position, LogLevel level, EventBatch& batch) const {
    constexpr int at_once = 64;
    const std::lock_guard lock{mutex_};
    if (level > LogLevel::notice)
        position.read[1] = lanes_[1].count; // only routine there
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        const std::uint64_t overwritten = lanes_[i].count - lanes_[i].events.size();
        batch.lost += overwritten - std::min(overwritten, position.read[i]);
        position.read[i] = std::max(position.read[i], overwritten);
    }
    for (int looked_at = 0; looked_at < at_once; ++looked_at) {
        const Event* oldest = nullptr;
        std::size_t from = 0;
        for (std::size_t i = 0; i < lanes_.size(); ++i)
            if (position.read[i] < lanes_[i].count)
                if (const Event& next = slot(lanes_[i], position.read[i] + 1); oldest == nullptr || next.seq < oldest->seq) {
                    oldest = &next;
                    from = i;
                }
        if (oldest == nullptr)
            return false;
        ++position.read[from];
        if (oldest->kind == EventKind::log && oldest->log != nullptr && oldest->log->level >= level)
            batch.events.push_back(*oldest);
    }
    return true;
}

} // namespace fiberscope::detail
