// SPDX-License-Identifier: BSL-1.0
#include "scheduler/timer_queue.hpp"

#include <algorithm>
#include <tuple>

namespace fiberscope::detail {

namespace {
constexpr auto later = [](const TimerQueue::Entry& left, const TimerQueue::Entry& right) {
    return std::tie(left.at_ns, left.order) > std::tie(right.at_ns, right.order);
};
} // namespace

void TimerQueue::add(std::int64_t at_ns, Schedulable* process, std::uint64_t timer) {
    heap_.push_back({at_ns, next_order_++, process, timer});
    std::push_heap(heap_.begin(), heap_.end(), later);
    publish_next();
}

TimerQueue::Entry TimerQueue::pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Entry entry = heap_.back();
    heap_.pop_back();
    publish_next();
    return entry;
}

void TimerQueue::rebuild() {
    std::make_heap(heap_.begin(), heap_.end(), later);
    publish_next();
}

} // namespace fiberscope::detail
