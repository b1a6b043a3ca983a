// SPDX-License-Identifier: BSL-1.0
#include "scheduler/timer_queue.hpp"

#include <algorithm>
#include <tuple>

namespace fiberscope::detail {

namespace {

constexpr unsigned tick_bits = 20; ///< a tick is 2^20 ns: about a millisecond

std::uint64_t tick_of(std::int64_t at_ns) noexcept {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(at_ns, 0)) >> tick_bits;
}

/// An order for heaps: the one that is due first on top.
auto is_after(const auto& nodes) noexcept {
    return [&nodes](auto left, auto right) {
        const auto& one = nodes[left].entry;
        const auto& other = nodes[right].entry;
        return std::tie(one.at_ns, one.order) > std::tie(other.at_ns, other.order);
    };
}

} // namespace

void TimerQueue::grow() {
    nodes_.reserve(std::max<std::size_t>(2 * nodes_.capacity(), 64));
    open_.reserve(nodes_.capacity()); // all may come to be due in one tick, where nothing may fail
}

void TimerQueue::add(std::int64_t now_ns, std::int64_t at_ns, Schedulable* process, std::uint64_t timer) {
    make_room();
    if (size_ == 0)
        open_tick_ = tick_of(now_ns);
    const Entry entry{at_ns, next_order_++, process, timer};
    Index index = free_;
    if (index != none) {
        free_ = nodes_[index].next;
        nodes_[index].entry = entry;
    } else {
        index = static_cast<Index>(nodes_.size());
        nodes_.push_back({entry, none});
    }
    ++size_;
    put(index);
    if (at_ns < next_ns_.get())
        next_ns_.set(at_ns);
}

void TimerQueue::put(Index index) noexcept {
    Node& node = nodes_[index];
    const std::uint64_t tick = tick_of(node.entry.at_ns);
    if (tick <= open_tick_) {
        open_.push_back(index);
        std::push_heap(open_.begin(), open_.end(), is_after(nodes_));
        return;
    }
    const unsigned highest_bit = 63 - static_cast<unsigned>(__builtin_clzll(tick ^ open_tick_));
    const unsigned of_level = highest_bit / bits_a_level;
    const unsigned place = tick >> (of_level * bits_a_level) & (places_a_level - 1);
    Level& level = wheel_[of_level];
    level.taken |= std::uint64_t{1} << place;
    Place& entries = level.places[place];
    node.next = std::exchange(entries.first, index);
    entries.earliest_ns = std::min(entries.earliest_ns, node.entry.at_ns);
}

TimerQueue::Entry TimerQueue::pop() noexcept {
    while (open_.empty())
        open_next_tick();
    std::pop_heap(open_.begin(), open_.end(), is_after(nodes_));
    const Index index = open_.back();
    open_.pop_back();
    const Entry entry = nodes_[index].entry;
    release(index);
    publish_next();
    return entry;
}

/// All in a lower level is due before all in a higher one. What lies in the first place of the lowest that has any is opened if
/// that place is one tick; else it is spread over the levels below.
void TimerQueue::open_next_tick() noexcept {
    unsigned of_level = 0;
    while (wheel_[of_level].taken == 0)
        ++of_level;
    Level& level = wheel_[of_level];
    const auto place = static_cast<unsigned>(__builtin_ctzll(level.taken));
    level.taken &= level.taken - 1;
    const unsigned shift = of_level * bits_a_level;
    const std::uint64_t place_in_level = (open_tick_ >> shift & ~std::uint64_t{places_a_level - 1}) | place;
    open_tick_ = place_in_level << shift; // its first tick
    Index left = std::exchange(level.places[place], Place{}).first;
    while (left != none) {
        const Index index = left;
        left = nodes_[index].next;
        put(index);
    }
}

void TimerQueue::release(Index index) noexcept {
    nodes_[index].next = std::exchange(free_, index);
    --size_;
}

void TimerQueue::publish_next() noexcept {
    if (!open_.empty())
        return next_ns_.set(nodes_[open_.front()].entry.at_ns);
    for (const Level& level : wheel_)
        if (level.taken != 0)
            return next_ns_.set(level.places[static_cast<unsigned>(__builtin_ctzll(level.taken))].earliest_ns);
    next_ns_.set(never_ns);
}

void TimerQueue::sort_open() noexcept {
    std::make_heap(open_.begin(), open_.end(), is_after(nodes_));
}

} // namespace fiberscope::detail
