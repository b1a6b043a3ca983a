// SPDX-License-Identifier: BSL-1.0
#include "scheduler/inbox.hpp"

#include <utility>

namespace fiberscope::detail {

void Inbox::push(List& list, Schedulable& process, Schedulable* Schedulable::*next) noexcept {
    Schedulable* newest = list.load(std::memory_order_relaxed);
    do
        process.*next = newest;
    while (!list.compare_exchange_weak(newest, &process, std::memory_order_seq_cst, std::memory_order_relaxed));
}

Schedulable* Inbox::take_all(List& list, Schedulable* Schedulable::*next) noexcept {
    Schedulable* newest = list.exchange(nullptr, std::memory_order_acq_rel);
    Schedulable* oldest = nullptr;
    while (newest != nullptr)
        oldest = std::exchange(newest, std::exchange(newest->*next, oldest));
    return oldest;
}

void Inbox::post(Request request) {
    const std::lock_guard lock{mutex_};
    requests_.push_back(std::move(request));
    has_requests_.store(true, std::memory_order_seq_cst);
}

std::vector<Inbox::Request> Inbox::take_requests() {
    const std::lock_guard lock{mutex_};
    has_requests_.store(false, std::memory_order_relaxed);
    return std::exchange(requests_, {});
}

} // namespace fiberscope::detail
