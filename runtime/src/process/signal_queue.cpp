// SPDX-License-Identifier: BSL-1.0
#include "process/signal_queue.hpp"

#include <utility>

namespace fiberscope::detail {

Signal SignalQueue::closed{SignalKind::resume};

SignalQueue::~SignalQueue() {
    for (auto signal = is_closed() ? nullptr : close(); signal != nullptr;)
        signal.reset(std::exchange(signal->next, nullptr));
}

SignalQueue::Pushed SignalQueue::push(Signal& signal) noexcept {
    Signal* newest = chain_.load(std::memory_order_relaxed);
    do {
        if (newest == &closed)
            return Pushed::closed;
        signal.next = newest;
    } while (!chain_.compare_exchange_weak(newest, &signal, std::memory_order_seq_cst, std::memory_order_relaxed));
    return newest == nullptr ? Pushed::first : Pushed::behind;
}

/// What has come from elsewhere goes behind what is in the list.
void SignalQueue::take_over_chain(Signal* in_its_place) noexcept {
    Signal* newest = chain_.exchange(in_its_place, std::memory_order_acq_rel);
    if (newest == nullptr)
        return;
    Signal* const last = newest;
    Signal* oldest = nullptr;
    while (newest != nullptr)
        oldest = std::exchange(newest, std::exchange(newest->next, oldest));
    (last_ != nullptr ? last_->next : first_) = oldest;
    last_ = last;
}

std::unique_ptr<Signal> SignalQueue::take_list() noexcept {
    last_ = nullptr;
    return std::unique_ptr<Signal>{std::exchange(first_, nullptr)};
}

std::unique_ptr<Signal> SignalQueue::take_all() noexcept {
    if (chain_.load(std::memory_order_relaxed) != nullptr)
        take_over_chain(nullptr);
    return take_list();
}

std::unique_ptr<Signal> SignalQueue::close() noexcept {
    take_over_chain(&closed);
    return take_list();
}

} // namespace fiberscope::detail
