// SPDX-License-Identifier: BSL-1.0
#include "base/event_ring.hpp"

#include "base/clock.hpp"

#include <mutex>

namespace fiberscope::detail {

namespace {

/// True for what comes in masses and is missed least.
bool is_routine(const Event& event) {
    if (event.kind == EventKind::exit)
        return event.reason.is_clean();
    return event.kind == EventKind::log && event.log != nullptr && event.log->level <= LogLevel::notice;
}

} // namespace

Event NormalExit::event(std::chrono::nanoseconds clock_to_system) const {
    Event event;
    event.seq = seq;
    event.kind = EventKind::exit;
    event.at = std::chrono::system_clock::time_point{
        std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds{at_ns} + clock_to_system)};
    event.pid = pid;
    event.name = name;
    event.initial_function = initial_function;
    event.initial_address = initial_address;
    event.initial_type = initial_type;
    event.reason = ExitReason::normal();
    event.age_ms = age_ms;
    return event;
}

EventRing::EventRing(std::size_t capacity)
    : lanes_{EventLane<Event>{std::max<std::size_t>(capacity, 1)}, EventLane<Event>{std::max<std::size_t>(capacity, 1)}},
      exits_{std::max<std::size_t>(capacity, 1)} {}

void EventRing::append(Event event) {
    auto& lane = lanes_[is_routine(event) ? 1 : 0];
    const bool wakes = wakes_follower(event);
    event.at = std::chrono::system_clock::now();
    {
        const std::lock_guard lock{lock_};
        event.seq = ++last_;
        lane.append(event);
    }
    if (wakes)
        wake_follower();
    // what it overwrote is freed here, outside of the lock
}

void EventRing::append(NormalExit exit) noexcept {
    const std::lock_guard lock{lock_};
    exit.seq = ++last_;
    exits_.append(exit);
}

std::uint64_t EventRing::last_seq() const {
    const std::lock_guard lock{lock_};
    return last_;
}

EventBatch EventRing::after(std::uint64_t seq) const {
    EventBatch batch;
    const std::uint64_t last = last_seq();
    const auto clock_to_system = std::chrono::system_clock::now().time_since_epoch() - std::chrono::nanoseconds{clock_ns()};
    batch.next_seq = std::max(seq, last);
    for (std::uint64_t at = seq; at < last && copy_some(at, last, clock_to_system, batch);) {
    }
    batch.lost = batch.next_seq - seq - batch.events.size();
    return batch;
}

bool EventRing::copy_some(std::uint64_t& seq, std::uint64_t last, std::chrono::nanoseconds clock_to_system,
                          EventBatch& batch) const {
    constexpr int at_once = 64;
    constexpr std::uint64_t none = ~std::uint64_t{0};
    const std::lock_guard lock{lock_};
    std::array<std::uint64_t, 2> next{lanes_[0].first_after(seq), lanes_[1].first_after(seq)};
    std::uint64_t next_exit = exits_.first_after(seq);
    const auto seq_at = [](const auto& lane, std::uint64_t number) { return number <= lane.count() ? lane[number].seq : none; };
    for (int copied = 0; copied < at_once; ++copied) {
        const std::array seqs{seq_at(lanes_[0], next[0]), seq_at(lanes_[1], next[1]), seq_at(exits_, next_exit)};
        const auto oldest = static_cast<std::size_t>(std::min_element(seqs.begin(), seqs.end()) - seqs.begin());
        if (seqs[oldest] > last)
            return false;
        seq = seqs[oldest];
        if (oldest < lanes_.size())
            batch.events.push_back(lanes_[oldest][next[oldest]++]);
        else
            batch.events.push_back(exits_[next_exit++].event(clock_to_system));
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
    const std::lock_guard lock{lock_};
    return {{lanes_[0].count(), lanes_[1].count()}};
}

bool EventRing::follow(LogPosition& position, LogLevel level, EventBatch& batch) const {
    constexpr int at_once = 64;
    const std::lock_guard lock{lock_};
    if (level > LogLevel::notice)
        position.read[1] = lanes_[1].count(); // only routine there
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        const std::uint64_t overwritten = lanes_[i].overwritten();
        batch.lost += overwritten - std::min(overwritten, position.read[i]);
        position.read[i] = std::max(position.read[i], overwritten);
    }
    for (int looked_at = 0; looked_at < at_once; ++looked_at) {
        const Event* oldest = nullptr;
        std::size_t from = 0;
        for (std::size_t i = 0; i < lanes_.size(); ++i)
            if (position.read[i] < lanes_[i].count())
                if (const Event& next = lanes_[i][position.read[i] + 1]; oldest == nullptr || next.seq < oldest->seq) {
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
